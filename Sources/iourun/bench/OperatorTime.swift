import IoUConsole
import IoURuntime

/// The time of one step of a model.
struct OperatorTime: Encodable {
    let name: String
    let type: String
    let milliseconds: Double
    /// Billions of multiplications and additions; 0 where they are not counted.
    let gflop: Double
    let gflops: Double
    /// Of the inputs, weights and outputs.
    let bytes: Double
    /// The share that `gflops` is of the measured peak.
    let ofPeak: Double
    let algorithm: String
    let instructionSet: String

    enum CodingKeys: String, CodingKey {
        case name, type, gflops, bytes, algorithm
        case milliseconds = "ms"
        case ofPeak = "of_peak"
        case instructionSet = "isa"
    }

    private init(_ entry: ProfileEntry, milliseconds: Double, peak: Double) {
        name = entry.name
        type = entry.type
        self.milliseconds = milliseconds
        gflop = entry.gflop
        gflops = milliseconds > 0 ? gflop / milliseconds * 1e3 : 0
        bytes = entry.bytes
        ofPeak = peak > 0 ? gflops / peak : 0
        algorithm = entry.algorithm
        instructionSet = entry.instructionSet
    }

    /// Billions of bytes a second.
    private var bandwidth: Double { milliseconds > 0 ? bytes / milliseconds * 1e-6 : 0 }

    /// The median of every step over many runs, in the order of execution.
    static func medians(of profiles: [[ProfileEntry]], peak: Double) -> [OperatorTime] {
        guard let steps = profiles.first else { return [] }
        return steps.indices.map { step in
            let times = profiles.compactMap { $0.count > step ? $0[step].milliseconds : nil }
            let median = Latency.median(ofSorted: times.sorted())
            return OperatorTime(steps[step], milliseconds: median, peak: peak)
        }
    }

    /// For people: the longest first.
    static func table(of operators: [OperatorTime]) -> Table {
        let total = operators.reduce(0) { $0 + $1.milliseconds }
        var table = Table([
            ("name", .left), ("type", .left), ("ms", .right), ("share", .right),
            ("GFLOP/s", .right), ("of peak", .right), ("GB/s", .right), ("algorithm", .left),
            ("isa", .left),
        ])
        for step in operators.sorted(by: { $0.milliseconds > $1.milliseconds }) {
            let share = total > 0 ? (step.milliseconds / total * 100).fixed(1) + " %" : "-"
            table.append([
                step.name, step.type, step.milliseconds.fixed(3), share,
                step.gflops > 0 ? step.gflops.fixed(1) : "-",
                step.ofPeak > 0 ? (step.ofPeak * 100).fixed(0) + " %" : "-",
                step.bandwidth > 0 ? step.bandwidth.fixed(1) : "-", step.algorithm,
                step.instructionSet,
            ])
        }
        return table
    }
}
