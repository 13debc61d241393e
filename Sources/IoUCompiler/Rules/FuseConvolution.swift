import IoUGraph

extension Rule {
    /// Conv with an addition or an activation behind it becomes one operator of `ai.iou`.
    static let fuseConvolution = Rule(
        "fuse-convolution", "Conv with addition and activation becomes one ai.iou operator",
        activations.flatMap { $0(convolvedSum) + $0(conv) } + [convolvedSum]
    ) { (match) throws(GraphError) in
        let graph = match.graph
        let conv = match.node("conv")
        guard let attributes = conv.writtenOutConvAttributes(graph) else {
            return .refused("explicit pads and weights of a known shape are expected")
        }
        let activation = match.activation
        if activation == nil, graph.activationFollows(match.node("sum").outputs[0]) {
            return .noMatch
        }
        if let first = activation?.firstOpset, graph.opset < first {
            return .refused("the function needs opset \(first), the model has \(graph.opset)")
        }
        let bias = conv.input(2)
        let fused = FusedConvolution(
            hasBias: bias != nil, addsResidual: match.has("sum"), activation: activation)
        let root = graph.node(match.root)!
        var node = Node(fused.name, name: root.name, inputs: [], outputs: [root.outputs[0]])
        node.domain = FusedConvolution.domain
        node.inputs = [match.value("x"), match.value("w")]
        if let bias { node.inputs.append(bias) }
        if fused.addsResidual { node.inputs.append(match.value("r")) }
        node.attributes = attributes
        var patch = Patch()
        if activation == .clip {
            guard let limits = match.limits(&patch) else {
                return .refused("a Clip of other types than 32-bit floats needs both limits")
            }
            node.inputs += limits
        }
        if activation == .leakyRelu {
            node.attributes.append(
                Attribute("alpha", .float(match.node("act").float("alpha") ?? 0.01)))
        }
        patch.nodes = [node]
        return .patch(patch)
    }

    private static let conv = Pattern.op("Conv", as: "conv", [.value("x"), .value("w")])

    private static let convolvedSum = Pattern.sum(conv, .value("r"), as: "sum")

    private static let activations: [@Sendable (Pattern) -> [Pattern]] = [
        { [.op("Relu", "Sigmoid", "Clip", "LeakyRelu", "HardSwish", as: "act", [$0])] },
        { [.product($0, .op("Sigmoid", as: "gate", [$0]), as: "act")] },
    ]
}

extension Match {
    /// What is behind convolution and addition.
    fileprivate var activation: FusedConvolution.Activation? {
        guard has("act") else { return nil }
        return has("gate") ? .silu : FusedConvolution.Activation(rawValue: node("act").type)
    }

    /// The limits of a Clip as two values; what it leaves out becomes the lowest or the highest
    /// float. Nil where it leaves one out and is of another type.
    fileprivate func limits(_ patch: inout Patch) -> [String]? {
        let clip = node("act")
        let most = Float.greatestFiniteMagnitude
        var names: [String] = []
        for (index, limit) in [("min", -most), ("max", most)].enumerated() {
            if let given = clip.input(index + 1) {
                names.append(given)
                continue
            }
            guard graph.elementType(of: clip.inputs[0]) == .float32 else { return nil }
            let name = graph.freshName("\(clip.outputs[0]).\(limit.0)")
            patch.constants.append(TensorLiteral(name, floats: [limit.1], dimensions: []))
            names.append(name)
        }
        return names
    }
}

extension EditableGraph {
    /// Whether a value goes only into an activation that the rule takes with it.
    fileprivate func activationFollows(_ value: String) -> Bool {
        if isOutput(value) || isCaptured(value) { return false }
        let users = users(of: value).compactMap { node($0) }
        if users.count == 1 {
            return ["Relu", "Sigmoid", "Clip", "LeakyRelu", "HardSwish"].contains(users[0].type)
        }
        return users.count == 2 && Set(users.map(\.type)) == ["Mul", "Sigmoid"]
    }
}

extension Node {
    /// All attributes of a Conv, with those that were left out; nil where one depends on the size.
    fileprivate func writtenOutConvAttributes(_ graph: EditableGraph) -> [Attribute]? {
        guard let weight = graph.dimensions(of: inputs[1]), weight.count >= 3 else { return nil }
        guard let kernel = weight.dropFirst(2).extents,
            let pads = explicitPads(spatialRank: kernel.count)
        else { return nil }
        let ones = [Int64](repeating: 1, count: kernel.count)
        return [
            Attribute("dilations", .ints(ints("dilations") ?? ones)),
            Attribute("group", .int(int("group") ?? 1)),
            Attribute("kernel_shape", .ints(kernel)), Attribute("pads", .ints(pads)),
            Attribute("strides", .ints(ints("strides") ?? ones)),
        ]
    }
}
