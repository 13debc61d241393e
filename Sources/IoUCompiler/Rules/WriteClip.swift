import IoUGraph

extension Rule {
    /// Limits written as Relu, Min and Max become one Clip; Relu6 among them.
    static let writeClip = Rule(
        "write-clip", "Relu6 and other limits out of Relu, Min and Max become Clip",
        [
            .op(
                "Min", as: "outer", [.op("Relu", as: "inner", [.value("x")]), .constant("high")],
                isCommutative: true),
            .op(
                "Min", as: "outer",
                [
                    .op(
                        "Max", as: "inner", [.value("x"), .constant("low")], isCommutative: true),
                    .constant("high"),
                ], isCommutative: true),
            .op(
                "Max", as: "outer",
                [
                    .op(
                        "Min", as: "inner", [.value("x"), .constant("high")], isCommutative: true),
                    .constant("low"),
                ], isCommutative: true),
            .op("Clip", as: "outer", [.op("Relu", as: "inner", [.value("x")])]),
        ]
    ) { (match) throws(GraphError) in
        let graph = match.graph
        guard graph.elementType(of: match.value("x")) == .float32 else {
            return .refused("32-bit floats are expected")
        }
        guard graph.opset >= 6 else { return .refused("opset 6 is the first that fits") }
        guard let limits = Limits(match) else { return .refused("constant limits are expected") }
        return .patch(limits.patch(match))
    }
}

/// Two numbers between which values are held.
private struct Limits {
    let low: Float
    let high: Float

    init?(_ match: Match) {
        let outer = match.node("outer")
        var (low, high): (Double, Double) = (0, .infinity)
        if outer.type == "Clip" {
            guard let own = outer.clipLimits(match.graph) else { return nil }
            (low, high) = (max(0, own.low), own.high)
        } else {
            guard let limit = Self.ofConstant("high", match) else { return nil }
            high = limit
            if match.node("inner").type != "Relu" {
                guard let limit = Self.ofConstant("low", match) else { return nil }
                low = limit
            }
        }
        // Crossed limits: the order of the operators decides, which Clip cannot say.
        guard low <= high else { return nil }
        (self.low, self.high) = (Float(low), Float(high))
    }

    /// Nil also where the limit adds dimensions, which Clip cannot.
    private static func ofConstant(_ name: String, _ match: Match) -> Double? {
        let limit = match.constant(name)
        return match.graph.broadcasts(limit, to: match.value("x")) ? limit.singleNumber : nil
    }

    func patch(_ match: Match) -> Patch {
        let outer = match.node("outer")
        var node = Node(
            "Clip", name: outer.name, inputs: [match.value("x")], outputs: outer.outputs)
        if match.graph.opset < 11 {
            node.attributes = [Attribute("min", .float(low)), Attribute("max", .float(high))]
            return Patch(nodes: [node])
        }
        let base = outer.outputs[0]
        let minimum = TensorLiteral(
            match.graph.freshName("\(base).min"), floats: [low], dimensions: [])
        let maximum = TensorLiteral(
            match.graph.freshName("\(base).max"), floats: [high], dimensions: [])
        node.inputs.append(minimum.name)
        if high.isFinite { node.inputs.append(maximum.name) }
        return Patch(nodes: [node], constants: high.isFinite ? [minimum, maximum] : [minimum])
    }
}
