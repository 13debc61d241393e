import Testing

@testable import IoUTracking

@Suite struct AssignmentTests {
    /// Every way of pairing, which is what "least" means.
    private func least(_ costs: [[Double]], below limit: Double) -> Double {
        func search(_ row: Int, _ taken: Set<Int>) -> Double {
            guard row < costs.count else { return 0 }
            var best = search(row + 1, taken) + limit
            for column in costs[row].indices where !taken.contains(column) {
                best = min(
                    best,
                    min(costs[row][column], limit) + search(row + 1, taken.union([column])))
            }
            return best
        }
        return search(0, [])
    }

    @Test(arguments: 0..<200) func agreesWithAllWaysOfPairing(_ seed: Int) {
        var random = SeededNumbers(seed: UInt64(seed))
        let rows = Int.random(in: 1...6, using: &random)
        let columns = Int.random(in: 1...6, using: &random)
        let limit = seed.isMultiple(of: 3) ? 0.4 : 2
        // Whole tenths now and then, so that there are ties.
        let costs = (0..<rows).map { _ in
            (0..<columns).map { _ in
                seed.isMultiple(of: 2)
                    ? Double.random(in: 0...1, using: &random)
                    : Double(Int.random(in: 0...9, using: &random)) / 10
            }
        }
        let chosen = Assignment.columns(costs, below: limit)
        let used = chosen.compactMap(\.self)
        #expect(Set(used).count == used.count)
        let total = zip(costs, chosen).reduce(0.0) { sum, pair in
            sum + (pair.1.map { pair.0[$0] } ?? limit)
        }
        #expect(abs(total - least(costs, below: limit)) < 1e-9)
        #expect(
            zip(costs, chosen).allSatisfy { row, column in column.map { row[$0] < limit } ?? true })
    }

    @Test func emptyProblems() {
        #expect(Assignment.columns([], below: 1).isEmpty)
        #expect(Assignment.columns([[], []], below: 1) == [nil, nil])
    }
}

/// SplitMix64: the same numbers everywhere.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
