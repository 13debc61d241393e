import IoUGraph

extension Rule {
    /// (x − mean) / √(variance + epsilon) · scale + bias over the last axes becomes
    /// LayerNormalization (opset 17), as exporters wrote it out before.
    static let writeLayerNorm = Rule(
        "write-layer-norm", "a normalization of the last axes in pieces becomes LayerNormalization",
        Pattern.normalized.map { normalized in
            .sum(
                .product(normalized, .constant("scale"), as: "scaled"), .constant("bias"),
                as: "sum")
        }
    ) { (match) throws(GraphError) in
        let graph = match.graph
        guard graph.opset >= 17 else {
            return .refused("LayerNormalization needs opset 17, the model has \(graph.opset)")
        }
        let x = match.value("x")
        guard graph.elementType(of: x) == .float32, let shape = graph.dimensions(of: x),
            let axes = match.node("mean").reducedAxes(graph, rank: shape.count),
            match.node("variance").reducedAxes(graph, rank: shape.count) == axes,
            let first = axes.first, axes == Array(first..<shape.count)
        else { return .refused("32-bit floats and means over the same last axes are expected") }
        let extents = shape[first...].map(\.number)
        guard extents.allSatisfy({ $0 != nil }),
            ["scale", "bias"].allSatisfy({
                match.constant($0).dimensions.map(Optional.some) == extents
            })
        else { return .refused("a scale and a bias for each element of these axes are expected") }
        guard let epsilon = match.constant("epsilon").singleNumber, epsilon >= 0,
            graph.broadcasts(match.constant("epsilon"), to: x)
        else { return .refused("one constant epsilon is expected") }
        let root = match.node("sum")
        let node = Node(
            "LayerNormalization", name: root.name,
            inputs: [x, match.value("scale"), match.value("bias")], outputs: root.outputs,
            attributes: [
                Attribute("axis", .int(Int64(first - shape.count))),
                Attribute("epsilon", .float(Float(epsilon))),
            ])
        return .patch(Patch(nodes: [node]))
    }
}

extension Dimension {
    fileprivate var number: Int64? {
        if case .number(let value) = self { value } else { nil }
    }
}
