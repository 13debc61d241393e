import IoUGraph

extension Rule {
    /// SiLU gets one form: Mul(x, Sigmoid(x)), or Swish where the opset has it (24).
    static let writeSiLU = Rule(
        "write-silu", "SiLU becomes Mul(x, Sigmoid(x)), from opset 24 on Swish",
        [
            .op("Div", as: "root", [.value("x"), onePlusExpMinusX]),
            .product(.value("x"), .op("Sigmoid", as: "gate", [.value("x")]), as: "root"),
        ]
    ) { (match) throws(GraphError) in
        let root = match.node("root")
        let x = match.value("x")
        if match.graph.opset >= 24 {
            return .patch(
                Patch(nodes: [Node("Swish", name: root.name, inputs: [x], outputs: root.outputs)]))
        }
        if root.type == "Mul" {
            if root.inputs[0] == x { return .noEffect }
            var node = root
            node.inputs = [x, root.inputs[0]]
            return .patch(Patch(nodes: [node]))
        }
        let gate = match.graph.freshName("\(root.outputs[0]).sigmoid")
        return .patch(
            Patch(nodes: [
                Node("Sigmoid", name: gate, inputs: [x], outputs: [gate]),
                Node("Mul", name: root.name, inputs: [x, gate], outputs: root.outputs),
            ]))
    }
}
