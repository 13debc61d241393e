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
        func limit(_ name: String, _ index: Int) -> Double? {
            if case .float(let value) = attribute(name) { return Double(value) }
            guard inputs.count > index, let limit = graph.constant(inputs[index]),
                limit.type == .float32 || limit.type == .float64
            else { return nil }
            return limit.singleNumber
        }
        return limit("min", 1) == 0 && limit("max", 2) == 6
    }

    fileprivate var isSixthSigmoid: Bool {
        guard case .float(let alpha) = attribute("alpha") else { return false }
        var beta: Float = 0.5
        if case .float(let given) = attribute("beta") { beta = given }
        return abs(alpha - 1.0 / 6) < 1e-6 && beta == 0.5
    }

    fileprivate static func sixthSigmoid(_ name: String, _ x: String, _ output: String) -> Node {
        Node(
            "HardSigmoid", name: name, inputs: [x], outputs: [output],
            attributes: [Attribute("alpha", .float(1.0 / 6)), Attribute("beta", .float(0.5))])
    }
}
