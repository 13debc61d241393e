import IoUConsole
import IoURuntime

/// The time of one step of a model.
struct OperatorTime: Encodable {
    let name: String
    let type: String
    let milliseconds: Double
    let gflops: Double
    /// The share that `gflops` is of the measured ceiling.
    let ofPeak: Double
    let algorithm: String
    let instructionSet: String

    enum CodingKeys: String, CodingKey {
        case name, type, gflops, algorithm
        case milliseconds = "ms"
        case ofPeak = "of_peak"
        case instructionSet = "isa"
    }

    private init(_ entry: ProfileEntry, milliseconds: Double, ceiling: Double) {
        name = entry.name
        type = entry.type
        self.milliseconds = milliseconds
        gflops = milliseconds > 0 ? entry.gflop / milliseconds * 1e3 : 0
        ofPeak = ceiling > 0 ? gflops / ceiling : 0
        algorithm = entry.algorithm
        instructionSet = entry.instructionSet
    }

    /// The median of every step over many runs, in the order of execution.
    static func medians(of profiles: [[ProfileEntry]], ceiling: Double) -> [OperatorTime] {
        guard let steps = profiles.first else { return [] }
        return steps.indices.map { step in
            let times = profiles.compactMap { $0.count > step ? $0[step].milliseconds : nil }
            let median = Latency.median(ofSorted: times.sorted())
            return OperatorTime(steps[step], milliseconds: median, ceiling: ceiling)
        }
    }

    /// For people: the longest first.
    static func table(of operators: [OperatorTime]) -> Table {
        let total = operators.reduce(0) { $0 + $1.milliseconds }
        var table = Table([
            ("name", .left), ("type", .left), ("ms", .right), ("share", .right),
            ("GFLOP/s", .right), ("of peak", .right), ("algorithm", .left), ("isa", .left),
        ])
        for step in operators.sorted(by: { $0.milliseconds > $1.milliseconds }) {
            let share = total > 0 ? (step.milliseconds / total * 100).fixed(1) + " %" : "-"
            table.append([
                step.name, step.type, step.milliseconds.fixed(3), share,
                step.gflops > 0 ? step.gflops.fixed(1) : "-",
                step.ofPeak > 0 ? (step.ofPeak * 100).fixed(0) + " %" : "-",
                step.algorithm, step.instructionSet,
            ])
        }
        return table
    }
}
