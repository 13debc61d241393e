/// How two numbers of the same things go together, -1 … 1; `nil` where there are fewer than two
/// things, or one of the numbers is the same for all.
package struct Correlation: Hashable, Sendable {
    /// Of the numbers themselves: 1 where they lie on a rising line.
    package let pearson: Double?

    /// Of their ranks (Spearman's ρ): 1 where both put the things in the same order. Equal numbers
    /// share the mean of their ranks.
    package let spearman: Double?

    /// - Parameter pairs: Finite.
    package init(_ pairs: [(Double, Double)]) {
        pearson = Correlation.pearson(pairs.map(\.0), pairs.map(\.1))
        spearman = Correlation.pearson(
            Correlation.ranks(pairs.map(\.0)), Correlation.ranks(pairs.map(\.1)))
    }

    private static func pearson(_ first: [Double], _ second: [Double]) -> Double? {
        let (first, second) = (centred(first), centred(second))
        let lengths = sum(first, first).squareRoot() * sum(second, second).squareRoot()
        guard lengths > 0 else { return nil }
        return max(-1, min(1, sum(first, second) / lengths))
    }

    /// The distances from the mean; all 0 where the values are equal, to the last bit.
    private static func centred(_ values: [Double]) -> [Double] {
        guard let first = values.first, values.contains(where: { $0 != first }) else {
            return values.map { _ in 0 }
        }
        let mean = values.reduce(0, +) / Double(values.count)
        return values.map { $0 - mean }
    }

    private static func sum(_ first: [Double], _ second: [Double]) -> Double {
        zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
    }

    /// From 1, by rising value.
    private static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            let end =
                order[start...].firstIndex { values[$0] != values[order[start]] }
                ?? order.count
            for position in start..<end { ranks[order[position]] = Double(start + 1 + end) / 2 }
            start = end
        }
        return ranks
    }
}
