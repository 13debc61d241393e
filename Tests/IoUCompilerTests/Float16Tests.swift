import IoUGraph
import Testing

@testable import IoUCompiler

@Suite struct Float16Tests {
    /// Three convolutions, and what often follows the last.
    private static let network = Subject(
        [
            Node("Conv", ["x", "w"], to: "c"), Node("Relu", ["c"], to: "r"),
            Node("Conv", ["r", "v", "b"], to: "d"), Node("Conv", ["d", "u"], to: "e"),
            Node("Sigmoid", ["e"], to: "y"),
        ],
        constants: [
            .filled("w", [4, 8, 1, 1]), .filled("v", [2, 4, 1, 1]), .filled("b", [2]),
            .filled("u", [3, 2, 1, 1]),
        ])

    private func converted(
        _ subject: Subject, border: Bool = false
    ) throws -> (model: Model, entry: Report.Entry) {
        var conversion = Float16Conversion()
        conversion.convertsBorder = border
        var report = Report()
        let model = try conversion.convert(subject.model, &report)
        return (model, try #require(report.entries.first))
    }

    private func types(_ tensors: [TensorLiteral]) -> [String: ElementType] {
        Dictionary(tensors.map { ($0.name, $0.type) }) { first, _ in first }
    }

    private func reason(_ subject: Subject, _ place: String) throws -> String? {
        try converted(subject).entry.refused.first { $0.place.contains("'\(place)'") }?.reason
    }

    /// Why a model is refused.
    private func refusal(_ subject: Subject, border: Bool = false) -> String? {
        do {
            _ = try converted(subject, border: border)
            return nil
        } catch {
            return "\(error)"
        }
    }

    // MARK: What is written

    @Test func floatsAreCastAtTheBorder() throws {
        let (model, entry) = try converted(Self.network)
        let graph = model.graph
        #expect(
            graph.nodes.map(\.type) == ["Cast", "Conv", "Relu", "Conv", "Cast", "Conv", "Sigmoid"])
        #expect(
            types(graph.initializers)
                == ["w": .float16, "v": .float16, "b": .float16, "u": .float32])
        #expect(graph.inputs.map(\.type?.type.element) == [.float32])
        #expect(graph.outputs.map(\.name) == ["y"] && graph.nodes.last?.outputs == ["y"])
        #expect(entry.done.count == 3)
        #expect(
            entry.refused == [
                .init(place: "node 'e' (Conv)", reason: "no product depends on it"),
                .init(place: "node 'y' (Sigmoid)", reason: "no product depends on it"),
            ])
        #expect(try model.inferred().problems.isEmpty)
    }

    @Test func theBorderIsConvertedOnRequest() throws {
        let model = try converted(Self.network, border: true).model
        #expect(
            model.graph.nodes.map(\.type)
                == ["Conv", "Relu", "Conv", "Cast", "Conv", "Sigmoid", "Cast"])
        #expect(model.graph.inputs.map(\.type?.type.element) == [.float16])
        #expect(model.graph.nodes.last?.outputs == ["y"])
        #expect(try model.inferred().types["y"]?.element == .float16)
    }

    @Test func valuesAreRoundedToNearestEven() throws {
        // Halfway between two float16 numbers, just above, and below half of the smallest.
        let floats: [Float] = [
            1 + 0x1p-11, 1 + 3 * 0x1p-11, 1 + 0x1.01p-11, 0x1p-25, 0x1.1p-25, -0x1p-24, 65519,
            65504,
            .infinity, -.infinity, 0.1,
        ]
        let rounded: [Float16] = [
            1, 1 + 2 * 0x1p-10, 1 + 0x1p-10, 0, 0x1p-24, -0x1p-24, 65504, 65504,
            .infinity, -.infinity, 0.1,
        ]
        let tensor = TensorLiteral("w", floats: floats, dimensions: [Int64(floats.count)])
        #expect(tensor.float16Hazard == nil)
        let made = tensor.float16(named: "h")
        guard case .bytes(let blob) = made.content else { throw GraphError(.mismatch, "no bytes") }
        #expect(blob.bytes == rounded.map(\.bitPattern).withUnsafeBytes { Array($0) })
        #expect(made.name == "h" && made.type == .float16)
    }

    @Test func theResultIsTheSameEveryTime() throws {
        #expect(try converted(Self.network).model == converted(Self.network).model)
    }

    @Test func metadataStays() throws {
        var subject = Self.network
        subject.model.setMetadata("iou.version", "1")
        #expect(try converted(subject).model.metadata == [Property("iou.version", "1")])
    }

    @Test func castsAndConstantNodesFollow() throws {
        let weight = TensorLiteral.filled("", [4, 8, 1, 1])
        var subject = Subject(
            [
                Node("Constant", [], to: "w", [Attribute("value", .tensor(weight))]),
                Node("Cast", ["x"], to: "f", [Attribute("to", .int(1))]),
                Node("Conv", ["f", "w"], to: "c"), Node("Conv", ["c", "v"], to: "y"),
            ], constants: [.filled("v", [2, 4, 1, 1])])
        subject.model.graph.inputs = [ValueInfo("x", .tensor(.uint8, [1, 8, 6, 5]))]
        let graph = try converted(subject).model.graph
        #expect(graph.nodes.map(\.type) == ["Cast", "Conv", "Cast", "Conv"])
        #expect(graph.nodes[0].int("to") == 10)
        #expect(types(graph.initializers) == ["w": .float16, "v": .float32])
    }

    /// A weight that a float32 node reads too is there twice, and a default that may be fed once.
    @Test func whatBothReadIsThereTwice() throws {
        var subject = Self.network
        subject.model.graph.nodes.append(Node("Mul", ["y", "b4"], to: "z"))
        subject.model.graph.nodes[2].inputs = ["r", "v", "b2"]
        subject.model.graph.nodes.append(Node("Add", ["b2", "b2"], to: "k"))
        subject.model.graph.initializers += [.filled("b2", [2]), .filled("b4", [5])]
        subject.model.graph.inputs.append(ValueInfo("v", .tensor(.float32, [2, 4, 1, 1])))
        subject.model.graph.outputs += ["z", "k"].map { ValueInfo($0) }
        let graph = try converted(subject).model.graph
        let found = types(graph.initializers)
        #expect(found["b2"] == .float32 && found["b2.float16"] == .float16)
        #expect(found["b4"] == .float32 && found["v"] == .float32 && found["v.float16"] == nil)
        #expect(graph.nodes.contains { $0.type == "Cast" && $0.inputs == ["v"] })
    }

    // MARK: What stays

    @Test func shapesAreComputedInFloat32() throws {
        let subject = Subject(
            [
                Node("Conv", ["x", "w"], to: "c"), Node("Shape", ["c"], to: "s"),
                Node("Cast", ["s"], to: "f", [Attribute("to", .int(1))]),
                Node("Mul", ["f", "two"], to: "m"),
                Node("Cast", ["m"], to: "t", [Attribute("to", .int(7))]),
                Node("Resize", ["c", "", "", "t"], to: "u"), Node("Conv", ["u", "v"], to: "y"),
            ],
            constants: [
                .filled("w", [4, 8, 1, 1]), .filled("v", [2, 4, 1, 1]),
                TensorLiteral("two", floats: [1, 1, 2, 2], dimensions: [4]),
            ], input: [1, 8, "h", "w"])
        let (model, entry) = try converted(subject)
        let graph = model.graph
        #expect(
            graph.nodes.map(\.type)
                == ["Cast", "Conv", "Shape", "Cast", "Mul", "Cast", "Resize", "Cast", "Conv"])
        #expect(graph.nodes[2].inputs == ["c"])
        #expect(
            entry.refused.map(\.reason) == [
                "it makes no floats", "it computes of shapes and integers",
                "it computes of shapes and integers", "it makes no floats",
                "no product depends on it",
            ])
    }

    @Test func scalesOfResizeStay() throws {
        let subject = Subject(
            [
                Node("Resize", ["x", "", "scales"], to: "u"), Node("Conv", ["u", "w"], to: "c"),
                Node("Conv", ["c", "v"], to: "y"),
            ],
            constants: [
                .filled("w", [4, 8, 1, 1]), .filled("v", [2, 4, 1, 1]),
                TensorLiteral("scales", floats: [1, 1, 2, 2], dimensions: [4]),
            ])
        let result = try converted(subject)
        #expect(result.entry.done.count == 2)
        #expect(
            types(result.model.graph.initializers)
                == ["w": .float16, "v": .float32, "scales": .float32])
    }

    @Test func constantsBeyondTheRangeKeepTheirNode() throws {
        func subject(_ nodes: [Node], _ value: Float) -> Subject {
            Subject(
                nodes + [
                    Node("Conv", ["a", "w"], to: "c"), Node("Conv", ["c", "v"], to: "d"),
                    Node("Conv", ["d", "u"], to: "y"),
                ],
                constants: [
                    .filled("w", [4, 8, 1, 1]), .filled("v", [2, 4, 1, 1]),
                    .filled("u", [3, 2, 1, 1]), .scalar("k", value),
                ])
        }
        let sum = [Node("Add", ["x", "k"], to: "a")]
        #expect(
            try reason(subject(sum, 65520), "a")
                == "its constant 'k' has 65520.0, which is beyond float16's 65504.0")
        #expect(
            try reason(subject(sum, 1e-12), "a")
                == "its constant 'k' has 1e-12, which is 0 in float16")
        #expect(try reason(subject(sum, -.infinity), "a") == nil)
        #expect(try reason(subject(sum, 9), "a") == nil)
        let clip = try converted(subject([Node("Clip", ["x", "", "k"], to: "a")], 3e38)).model
        let limit = try #require(clip.graph.initializers.first { $0.name == "k" })
        #expect(limit.content == .bytes(Blob([0xff, 0x7b])))
    }

    /// 1e-12 that is rounded behind the sum would be 0 again.
    @Test func whatReadsSuchNumbersStays() throws {
        let subject = Subject(
            [
                Node("Add", ["x", "k"], to: "a"), Node("Sqrt", ["a"], to: "b"),
                Node("Div", ["x", "b"], to: "d"), Node("Relu", ["d"], to: "r"),
                Node("Conv", ["r", "w"], to: "y"),
            ], constants: [.filled("w", [4, 8, 1, 1]), .scalar("k", 1e-12)])
        let (model, entry) = try converted(subject)
        #expect(entry.done == ["node 'r' (Relu)"])
        #expect(try reason(subject, "d") == "it reads 'b', whose numbers may be none of float16")
        #expect(
            model.graph.nodes.map(\.type) == ["Add", "Sqrt", "Div", "Cast", "Relu", "Cast", "Conv"])
    }

    @Test func largeWeightsStay() throws {
        var subject = Self.network
        subject.model.graph.initializers[0] = .filled("w", [4, 8, 1, 1], from: -9, to: 9)
        #expect(
            try reason(subject, "c")?.hasSuffix(", where float16 has steps of 1/128") == true)
        #expect(try reason(subject, "r") == "it is the function of a product in float32")
        #expect(try converted(subject).entry.done == ["node 'd' (Conv)"])
    }

    @Test func whatONNXLacksStays() throws {
        let scan = Subject(
            [
                Node("CumSum", ["x", "axis"], to: "a"), Node("Conv", ["a", "w"], to: "c"),
                Node("Conv", ["c", "v"], to: "y"),
            ],
            constants: [
                .filled("w", [4, 8, 1, 1]), .filled("v", [2, 4, 1, 1]), scalar("axis", 1),
            ], opset: 13)
        #expect(try reason(scan, "a") == "ONNX does not have it in float16")
        var newer = scan
        newer.model.operatorSets[0].version = 14
        #expect(try reason(newer, "a") == nil)
    }

    private func scalar(_ name: String, _ value: Int64) -> TensorLiteral {
        var tensor = TensorLiteral(name, ints: [value])
        tensor.dimensions = []
        return tensor
    }

    @Test func branchesStay() throws {
        var branch = Graph(name: "branch")
        branch.nodes = [Node("Neg", ["c"], to: "n")]
        branch.outputs = [ValueInfo("n", .tensor(.float32, shape: nil))]
        var subject = Subject(
            [
                Node("Conv", ["x", "w"], to: "c"),
                Node(
                    "If", ["yes"], to: "i",
                    ["then_branch", "else_branch"].map { Attribute($0, .graph(branch)) }),
                Node("Conv", ["i", "v"], to: "y"),
            ],
            constants: [.filled("w", [4, 8, 1, 1]), .filled("v", [2, 4, 1, 1])])
        subject.model.graph.inputs.append(ValueInfo("yes", .tensor(.bool, [])))
        let graph = try converted(subject).model.graph
        #expect(graph.nodes.map(\.type) == ["Cast", "Conv", "Cast", "If", "Conv"])
        #expect(graph.nodes[2].outputs == ["c"], "the branch reads this name")
        subject.model.graph.outputs.append(ValueInfo("c"))
        #expect(
            refusal(subject, border: true)?.hasPrefix("'c': expected an input or output") == true)
        #expect(refusal(subject) == nil)
    }

    // MARK: What is refused

    @Test func refusesWhatIsNoFloat32Network() throws {
        var again = Self.network
        again.model = try converted(again).model
        #expect(refusal(again) == "'w': expected a model of float32, found float16")
        let relu = Subject([Node("Relu", ["x"], to: "y")])
        #expect(
            refusal(relu)
                == "expected convolutions or matrix products of float32 that depend on each other, "
                + "found none; node 'y' (Relu): no product depends on it")
        let quantized = Subject(
            [
                Node("QuantizeLinear", ["x", "s"], to: "q"),
                Node("DequantizeLinear", ["q", "s"], to: "y"),
            ], constants: [.scalar("s", 0.1)])
        #expect(
            refusal(quantized)
                == "node 'q' (QuantizeLinear): expected a model of floats, found one that is quantized "
                + "already")
        #expect(
            refusal(Subject([Node("Relu", ["x"], to: "y")], opset: 6))
                == "expected a model of opset 7 or later, found 6")
    }
}
