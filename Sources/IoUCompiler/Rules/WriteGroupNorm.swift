import IoUGraph

extension Rule {
    /// Reshape, InstanceNormalization, Reshape, Mul, Add, as PyTorch exports a GroupNorm, becomes
    /// GroupNormalization where it scales each channel (opset 21).
    static let writeGroupNorm = Rule(
        "write-group-norm",
        "GroupNorm in pieces becomes GroupNormalization, before opset 21 its pieces stay",
        [
            .sum(
                .product(
                    .op(
                        "Reshape", as: "ungroup",
                        [
                            .op(
                                "InstanceNormalization", as: "norm",
                                [
                                    .op("Reshape", as: "group", [.value("x")]), .constant("ones"),
                                    .constant("zeros"),
                                ])
                        ]), .constant("scale"), as: "scaled"), .constant("bias"), as: "root")
        ]
    ) { (match) throws(GraphError) in
        let graph = match.graph
        guard graph.opset >= 21 else {
            return .refused(
                "GroupNormalization with a scale for each channel needs opset 21, the model has "
                    + "\(graph.opset)")
        }
        guard match.constant("ones").floats?.allSatisfy({ $0 == 1 }) == true,
            match.constant("zeros").floats?.allSatisfy({ $0 == 0 }) == true
        else { return .refused("the groups have a scale and bias of their own") }
        guard let groups = groupCount(match) else {
            return .refused("groups of whole channels in a known number are expected")
        }
        guard let scale = channelVector(match, "scale"), let bias = channelVector(match, "bias")
        else { return .refused("a scale and a bias for each channel are expected") }
        let root = match.node("root")
        var node = Node(
            "GroupNormalization", name: root.name,
            inputs: [match.value("x"), scale.name, bias.name], outputs: root.outputs,
            attributes: [Attribute("num_groups", .int(groups))])
        if let epsilon = match.node("norm").attributes.first(where: { $0.name == "epsilon" }) {
            node.attributes.append(epsilon)
        }
        return .patch(Patch(nodes: [node], constants: [scale, bias]))
    }

    /// The number of groups when x [N, C, …] is normalized as [N, groups, rest].
    private static func groupCount(_ match: Match) -> Int64? {
        let graph = match.graph
        guard let outer = graph.dimensions(of: match.value("x")), outer.count >= 3,
            let inner = graph.dimensions(of: match.node("group").outputs[0]), inner.count == 3,
            let after = graph.dimensions(of: match.node("ungroup").outputs[0]),
            outer == after, !outer.contains(.unknown), outer[0] == inner[0],
            case .number(let channels) = outer[1], case .number(let groups) = inner[1],
            groups > 0, channels % groups == 0
        else { return nil }
        return groups
    }

    /// A constant of shape [C, 1, …] as the vector [C], under a name of its own.
    private static func channelVector(_ match: Match, _ name: String) -> TensorLiteral? {
        var tensor = match.constant(name)
        guard let outer = match.graph.dimensions(of: match.value("x")),
            case .number(let channels) = outer[1], let count = tensor.floats?.count,
            count == Int(channels)
        else { return nil }
        // Broadcasting counts from the last axis: the channels are before the spatial ones.
        let axis = tensor.dimensions.count - (outer.count - 1)
        guard axis == 0 || axis == 1, tensor.dimensions[axis] == channels else { return nil }
        tensor.name = match.graph.freshName("\(tensor.name).channels")
        tensor.dimensions = [channels]
        return tensor
    }
}
