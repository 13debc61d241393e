import IoUGraph

extension Rule {
    /// 1 / (1 + exp(−x)) becomes Sigmoid.
    static let writeSigmoid = Rule(
        "write-sigmoid", "1 / (1 + exp(-x)) becomes Sigmoid",
        [
            .op("Reciprocal", as: "root", [onePlusExpMinusX]),
            .op("Div", as: "root", [.number(1), onePlusExpMinusX]),
        ]
    ) { (match) throws(GraphError) in
        let root = match.node("root")
        return .patch(
            Patch(nodes: [
                Node("Sigmoid", name: root.name, inputs: [match.value("x")], outputs: root.outputs)
            ]))
    }

    static let onePlusExpMinusX = Pattern.sum(
        .number(1), .op("Exp", as: "exp", [.op("Neg", as: "neg", [.value("x")])]), as: "sum")
}
