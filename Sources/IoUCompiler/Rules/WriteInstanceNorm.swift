import IoUGraph

extension Rule {
    /// (x − mean) / √(variance + epsilon) over the spatial axes becomes InstanceNormalization with
    /// scale 1 and bias 0: the core of a GroupNorm that an exporter wrote out.
    static let writeInstanceNorm = Rule(
        "write-instance-norm", "a normalization in pieces becomes InstanceNormalization",
        Pattern.normalized
    ) { (match) throws(GraphError) in
        let graph = match.graph
        let x = match.value("x")
        guard graph.elementType(of: x) == .float32, let shape = graph.dimensions(of: x),
            shape.count >= 3, case .number(let channels) = shape[1],
            (0...mostChannels).contains(channels)
        else { return .refused("32-bit floats of a known number of channels are expected") }
        let axes = Array(2..<shape.count)
        for name in ["mean", "variance"] {
            guard match.node(name).reducedAxes(graph, rank: shape.count) == axes else {
                return .refused("a mean over all axes but the first two is expected")
            }
        }
        guard let epsilon = match.constant("epsilon").singleNumber, epsilon >= 0,
            graph.broadcasts(match.constant("epsilon"), to: x)
        else {
            return .refused("one constant epsilon is expected")
        }
        let root = match.node("root")
        let scale = graph.freshName("\(root.outputs[0]).scale")
        let bias = graph.freshName("\(root.outputs[0]).bias")
        let count = Int(channels)
        let node = Node(
            "InstanceNormalization", name: root.name, inputs: [x, scale, bias],
            outputs: root.outputs, attributes: [Attribute("epsilon", .float(Float(epsilon)))])
        return .patch(
            Patch(
                nodes: [node],
                constants: [
                    TensorLiteral(
                        scale, floats: .init(repeating: 1, count: count), dimensions: [channels]),
                    TensorLiteral(
                        bias, floats: .init(repeating: 0, count: count), dimensions: [channels]),
                ]))
    }

    /// A file may state any extent; the constants that are written have as many numbers.
    private static let mostChannels: Int64 = 1 << 20
}

extension Pattern {
    /// (x − mean) / √(variance + epsilon), the ways to write it; its last node is "root".
    static let normalized = [
        normalized(.op("Pow", as: "square", [centered, .number(2)])),
        normalized(.op("Mul", as: "square", [centered, centered])),
    ]

    private static let centered = Pattern.op(
        "Sub", as: "centered", [.value("x"), .op("ReduceMean", as: "mean", [.value("x")])])

    private static func normalized(_ square: Pattern) -> Pattern {
        .op(
            "Div", as: "root",
            [
                centered,
                .op(
                    "Sqrt", as: "deviation",
                    [
                        .sum(
                            .op("ReduceMean", as: "variance", [square]), .constant("epsilon"),
                            as: "epsilonAdded")
                    ]),
            ])
    }
}

extension Node {
    /// The axes of a reduction that keeps them with extent 1, ascending; nil where not known.
    func reducedAxes(_ graph: EditableGraph, rank: Int) -> [Int]? {
        if int("keepdims") == 0 { return nil }
        let axes = inputs.count > 1 ? graph.constant(inputs[1])?.ints : ints("axes")
        return axes.map { $0.map { Int($0 < 0 ? $0 + Int64(rank) : $0) }.sorted() }
    }
}
