import IoUGraph

/// One traversal of a whole graph. Applied to its own result it changes nothing.
protocol Pass: Sendable {
    /// The names under which it reports, with a sentence each.
    var titles: [(name: String, summary: String)] { get }

    /// Changes the graph, and notes what it did and why it did not.
    func run(_ graph: inout EditableGraph, _ report: inout Report) throws(GraphError)
}
