/// How often which numbers occur in an activation: bins of one width between its least and its
/// greatest number.
package struct Histogram: Hashable, Sendable {
    package let low: Float
    package let high: Float
    package private(set) var counts: [Int]

    /// Eight to a step of the byte that the numbers become.
    package static let bins = 2048

    /// `low` is below `high`.
    package init(low: Float, high: Float, counts: [Int] = Array(repeating: 0, count: bins)) {
        precondition(low < high && !counts.isEmpty, "a histogram has bins of a width above 0")
        self.low = low
        self.high = high
        self.counts = counts
    }

    package var total: Int { counts.reduce(0, +) }

    package var binWidth: Double { (Double(high) - Double(low)) / Double(counts.count) }

    /// Where bin `index` begins; the number of bins: where the last one ends.
    func edge(_ index: Int) -> Double { Double(low) + Double(index) * binWidth }

    /// Counts numbers that lie between ``low`` and ``high``.
    package mutating func add(_ values: Span<Float>) {
        let last = Float(counts.count - 1)
        let factor = Float(1 / binWidth)
        counts.withUnsafeMutableBufferPointer { counts in
            for index in values.indices {
                // In this order what is no number counts as the last.
                let bin = max(0, min(last, (values[index] - low) * factor))
                counts[Int(bin)] += 1
            }
        }
    }
}
