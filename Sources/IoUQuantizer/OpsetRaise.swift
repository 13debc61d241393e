import IoUCompiler
import IoUGraph

extension Model {
    /// The first opset in which weights may have a scale for each channel.
    private static let neededOpset: Int64 = 13

    /// The first opset from which the way is short: few operators say the same in other words.
    private static let leastOpset: Int64 = 11

    /// Rewrites what opset 13 says in other words, where the model has an older one.
    ///
    /// Throws `.unsupported` where that cannot be said.
    mutating func raiseOpset() throws(GraphError) {
        let old = opset
        guard old < Self.neededOpset else { return }
        guard old >= Self.leastOpset else {
            throw GraphError(
                .unsupported,
                "opset: expected \(Self.leastOpset) or later to quantize, found \(old)")
        }
        let within = graph.nodes.flatMap(\.attributes).flatMap(\.graphs).flatMap(\.nodes)
        if let node = (within.flatMap(\.withInner)).first(where: \.changesInOpset13) {
            throw GraphError(
                .unsupported,
                "\(node.label): expected opset \(Self.neededOpset) in a graph within a node, found \(old)"
            )
        }
        let types = try inferred().types
        var names = UsedNames(
            Set(allNodes.flatMap { $0.inputs + $0.outputs } + allTensors.map(\.name)))
        for index in graph.nodes.indices where graph.nodes[index].changesInOpset13 {
            if let list = try graph.nodes[index].raise(types, &names) {
                graph.initializers.append(list)
            }
        }
        for index in operatorSets.indices
        where ["", "ai.onnx"].contains(operatorSets[index].domain) {
            operatorSets[index].version = Self.neededOpset
        }
        irVersion = max(irVersion, 7)
    }
}

extension Node {
    /// Says it in the words of opset 13; gives the constant that an attribute becomes.
    fileprivate mutating func raise(
        _ types: [String: TypeInfo], _ names: inout UsedNames
    ) throws(GraphError) -> TensorLiteral? {
        guard let list = listInOpset13 else {
            let rank = inputs.first.flatMap { types[$0]?.dimensions?.count }
            let axis = int("axis") ?? 1
            guard let rank, axis == -1 || axis == Int64(rank) - 1 else {
                throw GraphError(
                    .unsupported,
                    "\(label): expected the last axis, to raise the opset, found axis \(axis)")
            }
            attributes = [Attribute("axis", .int(-1))]
            return nil
        }
        guard let values = ints(list) else { return nil }
        let name = names.fresh("\(displayName).\(list)")
        names.insert(name)
        inputs.append(name)
        attributes.removeAll { $0.name == list }
        return TensorLiteral(name, ints: values)
    }

    /// The attribute that is an input since opset 13.
    fileprivate var listInOpset13: String? {
        switch type {
        case "Squeeze", "Unsqueeze", "ReduceSum": "axes"
        case "Split": "split"
        default: nil
        }
    }

    /// Whether the operator means another thing, or says it in another way, since opset 13.
    fileprivate var changesInOpset13: Bool {
        isStandard
            && (listInOpset13 != nil || ["Softmax", "LogSoftmax", "Hardmax"].contains(type))
    }
}
