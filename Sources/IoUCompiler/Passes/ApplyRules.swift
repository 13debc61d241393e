import IoUGraph

/// Applies rules wherever they match, until none does.
struct ApplyRules: Pass {
    let rules: [Rule]

    var titles: [(name: String, summary: String)] { rules.map { ($0.name, $0.summary) } }

    func run(_ graph: inout EditableGraph, _ report: inout Report) throws(GraphError) {
        report.forgetRefusals(of: rules.map(\.name))
        var pending = Array(graph.ids.reversed())
        while let id = pending.popLast() {
            guard let made = try rewrite(id, &graph, &report) else { continue }
            pending += made.reversed()
        }
    }

    /// The nodes to look at after the first rule that changes something at a node; nil: none does.
    private func rewrite(
        _ id: NodeID, _ graph: inout EditableGraph, _ report: inout Report
    ) throws(GraphError) -> [NodeID]? {
        guard let node = graph.node(id) else { return nil }
        for rule in rules {
            switch try rule.verdict(at: id, in: graph) {
            case .noMatch, .noEffect: continue
            case .refused(let why): report.refuse(rule.name, node.label, why)
            case .patch(let patch):
                report.note(rule.name, node.label)
                return graph.apply(patch, at: id)
            }
        }
        return nil
    }
}
