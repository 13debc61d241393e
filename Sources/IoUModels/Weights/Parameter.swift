/// A tensor of weights that a network needs.
public struct Parameter: Hashable, Sendable {
    /// How it begins without a file of weights.
    public enum Start: Hashable, Sendable {
        case constant(Float)
        case normal(deviation: Float)
        /// Uniform within ±spread of a value: batch statistics that are not neutral, so that
        /// folding them wrongly is seen.
        case around(Float, spread: Float)
        /// Part of the network's definition, in no file of weights.
        case fixed(Float)
    }

    /// The canonical name (docs/detector.md, "Weights of other code bases").
    public let name: String
    public let shape: [Int]
    public let start: Start

    /// Scale of the last batch normalization of a residual branch: sums of full-size branches
    /// would grow with depth and saturate every logit.
    static let branchScale: Float = 0.2

    public var count: Int { shape.reduce(1, *) }

    /// The shape in a file of weights: scales of channels of a map, [C, 1, 1] in the graph, are
    /// lists there.
    public var fileShape: [Int] {
        shape.count == 3 && shape.dropFirst().allSatisfy { $0 == 1 } ? [shape[0]] : shape
    }

    /// Whether a file of weights has it.
    public var isLearned: Bool {
        if case .fixed = start { return false }
        return true
    }
}
