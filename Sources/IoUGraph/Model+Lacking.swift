import CIoU.Ops

extension Model {
    /// The nodes whose operator neither the runtime has nor the file defines, those of branches
    /// and functions included.
    public var lackingNodes: [Node] {
        let defined = Set(functions.map { FunctionCalls.Key($0) })
        return allNodes.filter { node in
            !defined.contains(FunctionCalls.Key(node)) && !iou_op_exists(node.domain, node.type)
        }
    }

    /// The nodes of the graph, of its branches, and of functions and their branches.
    public var allNodes: [Node] {
        (graph.nodes + functions.flatMap(\.nodes)).flatMap(\.withInner)
    }
}
