import IoUGraph

/// A change of a graph, as a rule returns it: the matched node goes, and this comes.
///
/// Of the other matched nodes, those that nobody uses any more go too.
struct Patch: Sendable {
    /// In the place of the matched node, in order of execution. Whatever it made and others use is
    /// made by them, or replaced.
    var nodes: [Node]
    /// With names that nothing has.
    var constants: [TensorLiteral]
    /// Values whose uses become uses of another.
    var replacements: [(value: String, other: String)]

    init(
        nodes: [Node] = [], constants: [TensorLiteral] = [],
        replacements: [(value: String, other: String)] = []
    ) {
        self.nodes = nodes
        self.constants = constants
        self.replacements = replacements
    }
}

/// What a rule says of a node.
enum Verdict: Sendable {
    /// The pattern is not there.
    case noMatch
    /// The pattern is there, in the form that the rule would give it.
    case noEffect
    /// The pattern is there and must stay: why.
    case refused(String)
    case patch(Patch)
}
