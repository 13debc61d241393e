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
        if graph.opset < 11, limits.low > limits.high {
            return .refused("limits that cross are refused by runtimes before opset 11")
        }
        return .patch(limits.patch(match))
    }
}

/// Those of a Clip, min(max(x, low), high): where they cross, the high one wins.
private struct Limits {
    let low: Float
    let high: Float

    init?(_ match: Match) {
        let outer = match.node("outer")
        let isRelu = match.node("inner").type == "Relu"
        if outer.type == "Clip" {
            guard let own = outer.clipLimits(match.graph), !own.low.isNaN, !own.high.isNaN else {
                return nil
            }
            (low, high) = (Float(max(0, own.low)), Float(own.high))
            return
        }
        guard let high = Self.ofConstant("high", match),
            let low = isRelu ? 0 : Self.ofConstant("low", match)
        else { return nil }
        self.low = Float(low)
        // max(min(x, high), low): where they cross, the low one wins.
        self.high = Float(outer.type == "Max" ? max(low, high) : high)
    }

    /// Nil also where the limit adds dimensions, which Clip cannot, and where it is NaN, which Clip
    /// ignores.
    private static func ofConstant(_ name: String, _ match: Match) -> Double? {
        let limit = match.constant(name)
        guard match.graph.broadcasts(limit, to: match.value("x")), let number = limit.singleNumber
        else { return nil }
        return number.isNaN ? nil : number
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
        if high == .greatestFiniteMagnitude { return Patch(nodes: [node], constants: [minimum]) }
        node.inputs.append(maximum.name)
        return Patch(nodes: [node], constants: [minimum, maximum])
    }
}
