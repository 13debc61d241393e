import IoUGraph

/// Says which parts of a model the passes do not understand.
enum LeftAlone {
    static let name = "left-alone"
    static let summary = "parts that are not understood stay as they are"

    static func note(_ model: Model, _ report: inout Report) {
        for node in model.graph.nodes {
            if node.attributes.contains(where: { !$0.graphs.isEmpty }) {
                report.refuse(name, node.label, "the graphs within it are not looked into")
            }
            if !isKnown(node, model) {
                report.refuse(name, node.label, "the runtime lacks the operator")
            }
        }
        for problem in (try? model.inferred())?.problems ?? [] {
            report.refuse(name, problem.message, "types behind it are unknown")
        }
    }

    private static func isKnown(_ node: Node, _ model: Model) -> Bool {
        Node.runtimeHas(domain: node.domain, type: node.type)
            || node.attributes.contains { !$0.graphs.isEmpty }
            || model.functions.contains { $0.domain == node.domain && $0.name == node.type }
    }
}
