import IoUGraph

extension Rule {
    /// clip(x + 3, 0, 6) / 6 becomes HardSigmoid with alpha 1/6 and beta 0.5.
    static let writeHardSigmoid = Rule(
        "write-hard-sigmoid", "clip(x + 3, 0, 6) / 6 becomes HardSigmoid",
        [
            .op("Div", as: "root", [clippedSum, .number(6)]),
            .product(clippedSum, .number(1.0 / 6), as: "root"),
        ]
    ) { (match) throws(GraphError) in
        guard match.node("clip").isRelu6(match.graph) else { return .noMatch }
        let root = match.node("root")
        return .patch(
            Patch(nodes: [.sixthSigmoid(root.name, match.value("x"), root.outputs[0])]))
    }

    /// x · HardSigmoid(x; 1/6, 0.5) becomes HardSwish where the opset has it (14), else stays as
    /// that product.
    static let writeHardSwish = Rule(
        "write-hard-swish",
        "x · clip(x + 3, 0, 6) / 6 becomes HardSwish, before opset 14 "
            + "x · HardSigmoid(x)",
        [
            .product(.value("x"), .op("HardSigmoid", as: "gate", [.value("x")]), as: "root"),
            .op("Div", as: "root", [.product(.value("x"), clippedSum, as: "product"), .number(6)]),
            .product(
                .product(.value("x"), clippedSum, as: "product"), .number(1.0 / 6), as: "root"),
        ]
    ) { (match) throws(GraphError) in
        if match.has("gate") {
            guard match.node("gate").isSixthSigmoid else { return .noMatch }
        } else {
            guard match.node("clip").isRelu6(match.graph) else { return .noMatch }
        }
        let root = match.node("root")
        let x = match.value("x")
        if match.graph.opset >= 14 {
            return .patch(
                Patch(nodes: [
                    Node("HardSwish", name: root.name, inputs: [x], outputs: root.outputs)
                ]))
        }
        if match.has("gate") { return .noEffect }
        let gate = match.graph.freshName("\(root.outputs[0]).gate")
        return .patch(
            Patch(nodes: [
                .sixthSigmoid(gate, x, gate),
                Node("Mul", name: root.name, inputs: [x, gate], outputs: root.outputs),
            ]))
    }

    private static let clippedSum = Pattern.op(
        "Clip", as: "clip", [.sum(.value("x"), .number(3), as: "sum")])
}

extension Node {
    /// Whether a Clip has the constant limits 0 and 6; of floats, for integers divide otherwise.
    fileprivate func isRelu6(_ graph: EditableGraph) -> Bool {
        guard let limits = clipLimits(graph), limits == (0, 6) else { return false }
        return inputs.dropFirst().allSatisfy {
            [.float32, .float64].contains(graph.constant($0)?.type)
        }
    }

    fileprivate var isSixthSigmoid: Bool {
        guard let alpha = float("alpha") else { return false }
        return abs(alpha - 1.0 / 6) < 1e-6 && float("beta") ?? 0.5 == 0.5
    }

    fileprivate static func sixthSigmoid(_ name: String, _ x: String, _ output: String) -> Node {
        Node(
            "HardSigmoid", name: name, inputs: [x], outputs: [output],
            attributes: [Attribute("alpha", .float(1.0 / 6)), Attribute("beta", .float(0.5))])
    }
}
