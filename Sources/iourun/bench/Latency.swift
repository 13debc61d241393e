/// The times of many runs, in milliseconds.
struct Latency: Encodable {
    let median: Double
    let min: Double
    let p90: Double

    /// - Parameter times: At least one.
    init(_ times: [Double]) {
        let sorted = times.sorted()
        median = Latency.median(ofSorted: sorted)
        min = sorted[0]
        // The least time that nine tenths of the runs do not pass.
        p90 = sorted[(sorted.count * 9 + 9) / 10 - 1]
    }

    static func median(ofSorted sorted: [Double]) -> Double {
        (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}
