import IoUGraph

extension Rule {
    /// GELU gets one form: Gelu where the opset has it (20), else
    /// Mul(Mul(x, Add(Erf(Div(x, √2)), 1)), 0.5), and its tanh approximation stays as it is.
    static let writeGelu = Rule(
        "write-gelu", "0.5 · x · (1 + erf(x / √2)) becomes Gelu, before opset 20 one form of it",
        halfProducts(of: erfFactor(.op("Div", as: "scaled", [.value("x"), .constant("root2")])))
            + halfProducts(of: erfFactor(.product(.value("x"), .constant("root2"), as: "scaled")))
            + halfProducts(of: tanhFactor)
    ) { (match) throws(GraphError) in
        let root = match.node("root")
        let isTanh = match.has("tanh")
        guard isTanh || dividesByRoot2(match) else { return .noMatch }
        if match.graph.opset >= 20 {
            var node = Node(
                "Gelu", name: root.name, inputs: [match.value("x")], outputs: root.outputs)
            if isTanh { node.attributes = [.text("approximate", "tanh")] }
            return .patch(Patch(nodes: [node]))
        }
        if isTanh { return .refused("Gelu needs opset 20, the model has \(match.graph.opset)") }
        guard match.graph.elementType(of: match.value("x")) == .float32 else {
            return .refused("32-bit floats are expected")
        }
        return writtenOut(match)
    }

    private static func erfFactor(_ scaled: Pattern) -> Pattern {
        .sum(.number(1), .op("Erf", as: "erf", [scaled]), as: "factor")
    }

    private static func dividesByRoot2(_ match: Match) -> Bool {
        guard let number = match.constant("root2").singleNumber else { return false }
        let divisor = match.node("scaled").type == "Div" ? number : 1 / number
        return abs(divisor - 2.0.squareRoot()) < 1e-5
    }

    /// 1 + tanh(√(2/π) · (x + 0.044715 · x³)).
    private static let tanhFactor = Pattern.sum(
        .number(1),
        .op(
            "Tanh", as: "tanh",
            [
                .product(
                    .number(0.7978845608028654),
                    .sum(
                        .value("x"),
                        .product(
                            .number(0.044715), .op("Pow", as: "cube", [.value("x"), .number(3)]),
                            as: "cubic"),
                        as: "polynomial"),
                    as: "scaled")
            ]),
        as: "factor")

    /// The ways to write half the product of x and a factor.
    private static func halfProducts(of factor: Pattern) -> [Pattern] {
        [
            .product(.product(.value("x"), factor, as: "product"), .number(0.5), as: "root"),
            .product(.product(.value("x"), .number(0.5), as: "product"), factor, as: "root"),
            .product(.value("x"), .product(factor, .number(0.5), as: "product"), as: "root"),
        ]
    }

    private static func writtenOut(_ match: Match) -> Verdict {
        let root = match.node("root")
        let scaled = match.node("scaled")
        let x = match.value("x")
        if scaled.type == "Div", root.inputs[1] != x, scaled.inputs[0] == x,
            let inner = match.graph.producer(of: root.inputs[0]).flatMap({ match.graph.node($0) }),
            inner.type == "Mul", inner.inputs[0] == x,
            match.graph.constant(root.inputs[1])?.singleNumber == 0.5
        {
            return .noEffect
        }
        return .patch(pieces(root, x, match.graph))
    }

    private static func pieces(_ root: Node, _ x: String, _ graph: EditableGraph) -> Patch {
        let base = root.outputs[0]
        func name(_ suffix: String) -> String { graph.freshName("\(base).\(suffix)") }
        func scalar(_ suffix: String, _ value: Float) -> TensorLiteral {
            TensorLiteral(name(suffix), floats: [value], dimensions: [])
        }
        let constants = [
            scalar("root2", Float(2.0.squareRoot())), scalar("one", 1), scalar("half", 0.5),
        ]
        let values = ["scaled", "erf", "sum", "product"].map(name)
        let steps: [(String, [String], String)] = [
            ("Div", [x, constants[0].name], values[0]), ("Erf", [values[0]], values[1]),
            ("Add", [values[1], constants[1].name], values[2]),
            ("Mul", [x, values[2]], values[3]),
        ]
        let nodes = steps.map { Node($0.0, name: $0.2, inputs: $0.1, outputs: [$0.2]) }
        let last = Node(
            "Mul", name: root.name, inputs: [values[3], constants[2].name], outputs: root.outputs)
        return Patch(nodes: nodes + [last], constants: constants)
    }
}
