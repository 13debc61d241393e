import IoUConsole

/// The steps of a model against what the machine can do: Williams, Waterman and Patterson,
/// "Roofline: An Insightful Visual Performance Model", 2009.
package struct Roofline {
    package struct Step {
        let name: String
        /// With the instruction set; steps of one algorithm have one colour.
        let algorithm: String
        let milliseconds: Double
        /// Multiplications and additions, in billions; 0 where they are not counted.
        let gflop: Double
        /// Of the operands.
        let bytes: Double

        package init(
            name: String, algorithm: String, milliseconds: Double, gflop: Double, bytes: Double
        ) {
            self.name = name
            self.algorithm = algorithm
            self.milliseconds = milliseconds
            self.gflop = gflop
            self.bytes = bytes
        }
    }

    /// What was measured, in one line.
    let title: String
    /// Billions of operations a second in registers; above 0.
    let peak: Double
    /// Billions of bytes a second from and to memory; above 0.
    let bandwidth: Double
    let steps: [Step]

    package init(title: String, peak: Double, bandwidth: Double, steps: [Step]) {
        self.title = title
        self.peak = max(peak, .leastNormalMagnitude)
        self.bandwidth = max(bandwidth, .leastNormalMagnitude)
        self.steps = steps
    }
}

extension Roofline.Step {
    /// Whether it has a place in the picture.
    var isCounted: Bool { gflop > 0 && bytes > 0 && milliseconds > 0 }

    /// In one line; of a long name the end, which tells more.
    var shownName: String {
        let name = name.suffix(200).description.oneLine
        return name.count > 32 ? "…" + name.suffix(31) : name
    }

    var gflops: Double { milliseconds > 0 ? gflop / milliseconds * 1e3 : 0 }

    /// Operations a byte.
    var intensity: Double { gflop * 1e9 / bytes }
}

extension Roofline {
    var milliseconds: Double { steps.reduce(0) { $0 + $1.milliseconds } }

    /// The roof above an intensity.
    func ceiling(at intensity: Double) -> Double {
        min(peak, intensity * bandwidth)
    }

    /// The intensity from which on arithmetic limits, and no longer memory.
    var ridge: Double { peak / bandwidth }

    /// The steps of one algorithm.
    struct Group {
        let name: String
        let colour: Colour
        var steps: [Step]

        var milliseconds: Double { steps.reduce(0) { $0 + $1.milliseconds } }
        var gflop: Double { steps.reduce(0) { $0 + $1.gflop } }
    }

    /// The longest first; what there are no colours for is one group at the end.
    var groups: [Group] {
        let ranked = Dictionary(grouping: steps) { $0.algorithm }
            .map { Group(name: $0.key, colour: .faded, steps: $0.value) }
            .sorted { ($0.milliseconds, $1.name) > ($1.milliseconds, $0.name) }
        var groups = zip(ranked, Colour.palette).map { group, colour in
            Group(name: group.name, colour: colour, steps: group.steps)
        }
        let rest = ranked.dropFirst(groups.count)
        if !rest.isEmpty {
            let steps = rest.flatMap(\.steps)
            groups.append(Group(name: "\(rest.count) others", colour: .faded, steps: steps))
        }
        return groups
    }
}
