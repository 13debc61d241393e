import IoUGraph

/// Replaces arithmetic on shapes whose result is known, though the tensors are not.
struct FoldShapes: Pass {
    let titles = [
        (name: "fold-shapes", summary: "arithmetic on known extents becomes a constant")
    ]

    func run(_ graph: inout EditableGraph, _ report: inout Report) {
        // From the last to the first: what only these need is gone before it is looked at.
        for id in graph.ids.reversed() {
            guard let node = graph.node(id), node.isDeterministic,
                let constants = knownOutputs(node, graph)
            else { continue }
            graph.apply(Patch(constants: constants), at: id)
            report.note(titles[0].name, node.label)
        }
    }

    /// The outputs of a node as constants, when all that are used are known.
    private func knownOutputs(_ node: Node, _ graph: EditableGraph) -> [TensorLiteral]? {
        let used = node.outputs.filter { !$0.isEmpty && graph.useCount(of: $0) > 0 }
        let known = used.compactMap { graph.isOutput($0) ? nil : literal($0, graph) }
        return known.count == used.count && !used.isEmpty ? known : nil
    }

    private func literal(_ value: String, _ graph: EditableGraph) -> TensorLiteral? {
        guard let elements = graph.facts.elements[value],
            let type = graph.elementType(of: value),
            let extents = graph.dimensions(of: value)?.extents,
            let bytes = Self.bytes(elements, type)
        else { return nil }
        return TensorLiteral(
            value, type: type, dimensions: extents, content: .bytes(Blob(bytes)))
    }

    private static func bytes(_ elements: [Int64], _ type: ElementType) -> [UInt8]? {
        switch type {
        case .int64: elements.withUnsafeBytes { Array($0) }
        case .int32: elements.map { Int32(truncatingIfNeeded: $0) }.withUnsafeBytes { Array($0) }
        case .bool: elements.map { $0 == 0 ? 0 : 1 }
        default: nil
        }
    }
}
