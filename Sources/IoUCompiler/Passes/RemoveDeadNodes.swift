import IoUGraph

/// Removes what no output of the graph needs.
struct RemoveDeadNodes: Pass {
    let titles = [
        (
            name: "remove-dead-nodes",
            summary: "nodes and constants that no output needs go"
        )
    ]

    func run(_ graph: inout EditableGraph, _ report: inout Report) {
        for label in graph.removeDead() { report.note(titles[0].name, label) }
    }
}
