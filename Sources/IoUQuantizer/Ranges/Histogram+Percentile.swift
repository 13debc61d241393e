extension Histogram {
    /// The range that holds `share` of the numbers: as many are clipped at either end.
    func percentileRange(share: Double) -> ActivationRange {
        let cut = (1 - share) / 2
        return ActivationRange(Float(quantile(cut)), Float(quantile(1 - cut)))
    }

    /// What a share of the numbers lies below; within a bin they count as evenly spread.
    private func quantile(_ share: Double) -> Double {
        let below = share * Double(total)
        var passed = 0.0
        for (bin, count) in counts.enumerated() where count > 0 {
            if passed + Double(count) >= below {
                return edge(bin) + (below - passed) / Double(count) * binWidth
            }
            passed += Double(count)
        }
        return Double(high)
    }
}
