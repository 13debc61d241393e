import IoUGraph
import Testing

@testable import IoUQuantizer

/// Where QuantizeLinear and DequantizeLinear are put.
@Suite struct PlanTests {
    @Test func nothingStandsBetweenAConvolutionAndItsRelu() throws {
        let subject = try Subject([
            .conv("x", "a"), Node("Relu", inputs: ["a"], outputs: ["b"]), .conv("b", "y"),
        ])
        #expect(subject.quantized == ["x", "b"])
        let nodes = subject.written.graph.nodes
        #expect(
            nodes.map(\.type) == [
                "QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "DequantizeLinear",
                "Conv",
                "Relu", "QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "Conv",
            ])
        #expect(nodes.last?.outputs == ["y"] && nodes.last?.inputs.first == "b.dequantized")
    }

    /// What two nodes read is bytes before the Relu, too.
    @Test func aSharedValueIsQuantized() throws {
        let subject = try Subject([
            .conv("x", "a"), Node("Relu", inputs: ["a"], outputs: ["b"]), .conv("b", "c"),
            .conv("a", "d"), Node("Add", inputs: ["c", "d"], outputs: ["y"]),
        ])
        #expect(subject.quantized == ["x", "a", "b"])
    }

    /// What no product reads stays in floats, the output's operators among it.
    @Test func outputsStayReal() throws {
        let subject = try Subject([
            .conv("x", "a"), Node("Sigmoid", inputs: ["a"], outputs: ["s"]),
            Node("Mul", inputs: ["a", "s"], outputs: ["y"]),
        ])
        #expect(subject.quantized == ["x"])
    }

    /// x · Sigmoid(x) is one function of x.
    @Test func siluHasBytesAtBothEnds() throws {
        let subject = try Subject([
            .conv("x", "a"), Node("Sigmoid", inputs: ["a"], outputs: ["s"]),
            Node("Mul", inputs: ["a", "s"], outputs: ["m"]), .conv("m", "y"),
        ])
        #expect(subject.quantized == ["x", "a", "m"])
        let gate = try #require(subject.written.graph.nodes.first { $0.type == "Sigmoid" })
        #expect(gate.inputs == ["a.dequantized"])
    }

    @Test func sumsAndProductsOfElements() throws {
        let subject = try Subject([
            .conv("x", "a"), .conv("x", "b"), Node("Add", inputs: ["a", "b"], outputs: ["s"]),
            Node("Relu", inputs: ["s"], outputs: ["r"]), .conv("r", "y"),
        ])
        #expect(subject.quantized == ["x", "a", "b", "r"])
    }

    @Test func movedBytesShareParameters() throws {
        let pool = Node(
            "MaxPool", inputs: ["a"], outputs: ["p"],
            attributes: [Attribute("kernel_shape", .ints([1, 1]))])
        let subject = try Subject([
            .conv("x", "a"), .conv("x", "b"), pool,
            Node(
                "Concat", inputs: ["p", "b"], outputs: ["c"],
                attributes: [Attribute("axis", .int(1))]),
            .conv("c", "y", weights: "w6"),
        ])
        #expect(subject.quantized == ["x", "a", "b", "p", "c"])
        let scales = Set(
            subject.written.graph.nodes.filter { $0.type == "QuantizeLinear" }.map { $0.inputs[1] })
        #expect(scales.count == 2)
        #expect(subject.parameters["a"] == subject.parameters["c"])
        #expect(subject.parameters.range(of: "c") == ActivationRange(-4, 3))
    }

    @Test func keptNodesReadFloats() throws {
        let nodes: [Node] = [.conv("x", "a"), .conv("a", "b"), .conv("b", "y")]
        let subject = try Subject(nodes, keeping: [1])
        #expect(subject.quantized == ["x", "b"])
        let kept = try #require(subject.written.graph.nodes.first { $0.outputs == ["b"] })
        #expect(kept.inputs == ["a", "w", "bias"])
        #expect(subject.written.graph.initializers.contains { $0.name == "w" })
        #expect(try !Subject(nodes).written.graph.initializers.contains { $0.name == "w" })
    }

    @Test func weightsAreSignedBytesByChannel() throws {
        let model = try Subject([.conv("x", "y")]).written
        let tensors = Dictionary(
            uniqueKeysWithValues: model.graph.initializers.map { ($0.name, $0) })
        #expect(tensors["w.quantized"]?.type == .int8)
        #expect(tensors["w.scale"]?.dimensions == [3])
        #expect(tensors["y.bias.quantized"]?.type == .int32)
        #expect(tensors["x.zero_point"]?.type == .uint8)
        try model.verify()
        #expect(try model.inferred().problems.isEmpty)
    }

    /// A node that asks for a shape gets the bytes' and needs no floats.
    @Test func shapesAreThoseOfBytes() throws {
        let subject = try Subject([
            .conv("x", "a"), Node("Shape", inputs: ["a"], outputs: ["n"]),
            Node("Reshape", inputs: ["a", "n"], outputs: ["r"]), .conv("r", "y"),
        ])
        let shape = try #require(subject.written.graph.nodes.first { $0.type == "Shape" })
        #expect(shape.inputs == ["a.quantized"])
    }
}

/// A graph from "x" to "y" with made-up ranges.
private struct Subject {
    let plan: QuantizationPlan
    let parameters: ActivationParameters
    let written: Model

    var quantized: [String] { plan.quantized }

    init(_ nodes: [Node], keeping kept: Set<Int> = []) throws {
        var graph = Graph(name: "g")
        graph.inputs = [ValueInfo("x", .tensor(.float32, [1, 3, 4, 4]))]
        graph.outputs = [ValueInfo("y")]
        graph.nodes = nodes
        graph.initializers = [
            .weights("w", [3, 3, 1, 1]), .weights("w6", [3, 6, 1, 1]), .weights("bias", [3]),
        ]
        let model = Model(graph: graph)
        let index = try GraphIndex(model)
        plan = QuantizationPlan(index, keeping: kept)
        let ranges = plan.quantized.map { ($0, ActivationRange($0 == "b" ? -4 : -1, 3)) }
        parameters = ActivationParameters(Dictionary(uniqueKeysWithValues: ranges), plan)
        written = model.quantized(index, plan, parameters)
    }
}

extension Node {
    fileprivate static func conv(_ input: String, _ output: String, weights: String = "w") -> Node {
        Node("Conv", inputs: [input, weights, "bias"], outputs: [output])
    }
}

extension TensorLiteral {
    fileprivate static func weights(_ name: String, _ shape: [Int64]) -> TensorLiteral {
        let count = Int(shape.reduce(1, *))
        return TensorLiteral(name, floats: (0..<count).map { Float($0 % 7) - 3 }, dimensions: shape)
    }
}

@Suite struct FloatRuleTests {
    /// One of ten costs half of it all; a second is too large to stay in floats.
    @Test func whatCostsMostStaysReal() {
        let costs: [Double] = [1, 1, 20, 1, 1, 1, 1, 1, 20, 1]
        #expect(FloatRule.kept(costs, Array(repeating: 10, count: 10)) == [2])
        var adds = [Double](repeating: 10, count: 10)
        adds[2] = 50
        #expect(FloatRule.kept(costs, adds) == [8])
        #expect(FloatRule.kept(Array(repeating: 1, count: 10), adds).isEmpty)
    }
}
