extension Histogram {
    /// The parts of either end that are tried: from all of it down to a fiftieth.
    private static let parts = (1...50).reversed().map { Float($0) / 50 }

    /// Ends are tried in turn until neither moves; this many turns are enough for any.
    private static let mostTurns = 8

    /// The range whose bytes differ least, by the sum of squares, from the numbers. Of equal ones
    /// the widest.
    var leastErrorRange: ActivationRange {
        var best = ActivationRange(low, high)
        let (least, most) = (best.low, best.high)
        for _ in 0..<Self.mostTurns {
            let before = best
            best = leastError(Self.parts.map { ActivationRange(best.low, most * $0) })
            best = leastError(Self.parts.map { ActivationRange(least * $0, best.high) })
            if best == before { break }
        }
        return best
    }

    private func leastError(_ ranges: [ActivationRange]) -> ActivationRange {
        var best = (range: ranges[0], error: Double.infinity)
        for range in Set(ranges).count == 1 ? [ranges[0]] : ranges {
            let error = squaredError(AffineParameters(range))
            if error < best.error { best = (range, error) }
        }
        return best.range
    }

    /// The sum of squares, with every number in the middle of its bin.
    func squaredError(_ parameters: AffineParameters) -> Double {
        var sum = 0.0
        for (bin, count) in counts.enumerated() where count > 0 {
            let middle = edge(bin) + binWidth / 2
            let error = middle - parameters.rounded(middle)
            sum += Double(count) * error * error
        }
        return sum
    }
}
