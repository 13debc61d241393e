import Testing

@testable import IoUEval

struct CorrelationTests {
    /// Pearson's r of (1, 2, 3, 4) and (1, 3, 2, 4): deviations −1.5 … 1.5, products 4, squares 5.
    @Test func isPearsonsAndSpearmans() {
        let found = Correlation([(1, 1), (2, 3), (3, 2), (4, 4)])
        expect(found, pearson: 0.8, spearman: 0.8)
    }

    @Test func looksAtOrderOnlyInRanks() {
        let cubes = (1...9).map { (Double($0), Double($0 * $0 * $0)) }
        let found = Correlation(cubes)
        #expect(abs((found.spearman ?? 0) - 1) < 1e-12)
        #expect((found.pearson ?? 1) < 0.95)
        expect(Correlation(cubes.map { ($0.0, -$0.0) }), pearson: -1, spearman: -1)
    }

    /// Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4: products 4.5, squares 4.5 and 5.
    @Test func sharesRanksOfEqualNumbers() {
        let found = Correlation([(1, 1), (5, 2), (5, 3), (7, 4)])
        expect(found, pearson: 9 / (19 * 5).squareRoot(), spearman: (4.5 / 5).squareRoot())
    }

    /// With ties in both, the formula of squared differences of ranks would not do.
    @Test func sharesRanksOnBothSides() {
        let found = Correlation([(0, 0), (0, 0), (0, 1), (1, 1)])
        expect(found, pearson: 1 / 3.squareRoot(), spearman: 1 / 3.squareRoot())
    }

    @Test func doesNotDependOnOriginAndScale() {
        let pairs = [(0.1, 3.0), (0.4, 1.0), (0.2, 2.5), (0.9, 2.0)]
        let moved = pairs.map { (1e6 + 8 * $0.0, -5 - 0.25 * $0.1) }
        let (first, second) = (Correlation(pairs), Correlation(moved))
        #expect(abs((first.pearson ?? 0) + (second.pearson ?? 9)) < 1e-9)
        #expect(abs((first.spearman ?? 0) + (second.spearman ?? 9)) < 1e-12)
    }

    @Test(arguments: [
        [], [(1.0, 2.0)], [(1, 2), (1, 3)], [(2, 0.1), (3, 0.1), (4, 0.1)],
    ])
    func isNothingWhereNothingVaries(_ pairs: [(Double, Double)]) {
        let found = Correlation(pairs)
        #expect(found.pearson == nil && found.spearman == nil)
    }

    private func expect(_ found: Correlation, pearson: Double, spearman: Double) {
        #expect(abs((found.pearson ?? 9) - pearson) < 1e-12)
        #expect(abs((found.spearman ?? 9) - spearman) < 1e-12)
    }
}
