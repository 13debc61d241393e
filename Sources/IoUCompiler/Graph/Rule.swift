import IoUGraph

/// A rewriting of one place of a graph.
///
/// A rule never edits a graph: it returns a patch, or says why there is none. Applied to its
/// own result it has no effect.
struct Rule: Sendable {
    /// Verb and result, such as `fold-batch-norm`.
    let name: String
    /// One sentence for people.
    let summary: String
    /// The first that matches at a node counts.
    let patterns: [Pattern]
    /// Conditions, and the change.
    let rewrite: @Sendable (Match) throws(GraphError) -> Verdict

    init(
        _ name: String, _ summary: String, _ patterns: [Pattern],
        rewrite: @escaping @Sendable (Match) throws(GraphError) -> Verdict
    ) {
        self.name = name
        self.summary = summary
        self.patterns = patterns
        self.rewrite = rewrite
    }

    /// What the rule says of a node.
    func verdict(at id: NodeID, in graph: EditableGraph) throws(GraphError) -> Verdict {
        for pattern in patterns {
            guard let match = Match.find(pattern, at: id, in: graph) else { continue }
            let verdict = try rewrite(match)
            if case .patch = verdict, let shared = match.sharedValue {
                return .refused("'\(shared)' is used elsewhere too")
            }
            return verdict
        }
        return .noMatch
    }
}
