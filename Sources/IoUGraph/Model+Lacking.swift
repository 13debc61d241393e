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
}
