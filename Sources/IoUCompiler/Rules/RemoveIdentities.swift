import IoUGraph

extension Rule {
    /// Operators that give back what they get: Identity, Dropout in inference, Cast to the same
    /// type, Transpose without effect, Concat of one, Pad by nothing, Reshape to the same shape.
    static let removeIdentities = Rule(
        "remove-identities", "operators that give back their input go",
        [
            .op(
                "Identity", "Dropout", "Cast", "Transpose", "Concat", "Sum", "Max", "Min", "Mean",
                "Reshape", "Flatten", "Expand", as: "node", [.value("x")], mayBeShared: true)
        ]
    ) { (match) throws(GraphError) in
        let node = match.node("node")
        guard node.givesBackItsInput(match.graph) else { return .noMatch }
        guard let output = node.outputs.first, !output.isEmpty,
            !node.outputs.dropFirst().contains(where: {
                !$0.isEmpty && match.graph.useCount(of: $0) > 0
            })
        else { return .refused("its further outputs are used") }
        let input = match.value("x")
        guard match.graph.canReplace(output, by: input) else {
            return .refused("the name '\(output)' is needed where '\(input)' has its own")
        }
        return .patch(Patch(replacements: [(value: output, other: input)]))
    }
}

extension Node {
    fileprivate func givesBackItsInput(_ graph: EditableGraph) -> Bool {
        switch type {
        case "Identity": true
        case "Dropout": isInferenceDropout(graph)
        case "Cast": isSameType(graph)
        case "Transpose": permutation.map { $0 == Array(0..<$0.count) } ?? false
        case "Concat", "Sum", "Max", "Min", "Mean": inputs.count == 1
        default: hasSameKnownShape(graph)
        }
    }

    /// From version 12 on, only a constant `true` for training_mode trains.
    private func isInferenceDropout(_ graph: EditableGraph) -> Bool {
        if graph.opset < 7 { return int("is_test") != 0 }
        guard let mode = input(2) else { return true }
        guard case .bytes(let blob)? = graph.constant(mode)?.content else { return false }
        return blob.bytes == [0]
    }

    private func isSameType(_ graph: EditableGraph) -> Bool {
        guard let to = int("to"), let from = graph.elementType(of: inputs[0]) else { return false }
        return Int64(from.rawValue) == to
    }

    /// Numbers only: equal symbols of the file need not be equal in a run.
    private func hasSameKnownShape(_ graph: EditableGraph) -> Bool {
        guard let from = graph.dimensions(of: inputs[0]), let to = graph.dimensions(of: outputs[0])
        else { return false }
        return from == to && from.extents != nil
    }
}
