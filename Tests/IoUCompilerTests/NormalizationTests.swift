import IoUGraph
import IoURuntime
import Testing

@testable import IoUCompiler

@Suite struct NormalizationTests {
    private static let statistics: [TensorLiteral] = [
        .filled("scale", [8], from: 0.5), .filled("shift", [8]), .filled("mean", [8]),
        .filled("variance", [8], from: 0.5, to: 2),
    ]

    private static func normalized(_ conv: [Node], _ weights: [TensorLiteral]) -> Subject {
        let norm = IoUGraph.Node(
            "BatchNormalization", ["c", "scale", "shift", "mean", "variance"], to: "y")
        return Subject(conv + [norm], constants: weights + statistics)
    }

    /// Runs a model on a fixed input, node by node.
    private static func outputs(_ model: IoUGraph.Model) throws -> [Float] {
        var session = try Session(IoURuntime.Model(bytes: model.encoded()))
        let x = TensorLiteral.filled("x", [1, 8, 6, 5]).floats ?? []
        let given = try Tensor(x, shape: [1, 8, 6, 5])
        return try session.run(["x": given])["y"]!.values()
    }

    @Test(arguments: [false, true], [1, 2, 8])
    func foldsIntoConv(hasBias: Bool, group: Int64) throws {
        let weights: [TensorLiteral] = [
            .filled("w", [8, 8 / group, 3, 3]), .filled("b", [8]),
        ]
        let conv = Node(
            "Conv", hasBias ? ["x", "w", "b"] : ["x", "w"], to: "c",
            [Attribute("group", .int(group))])
        let subject = Self.normalized([conv], weights)
        let result = try subject.optimized().model
        #expect(result.graph.nodes.map(\.type) == ["Conv"])
        let pairs = zip(try Self.outputs(subject.model), try Self.outputs(result))
        #expect(pairs.allSatisfy { abs($0 - $1) < 1e-5 })
    }

    @Test(arguments: [1, 2])
    func foldsIntoConvTranspose(group: Int64) throws {
        let conv = Node(
            "ConvTranspose", ["x", "w"], to: "c", [Attribute("group", .int(group))])
        let subject = Self.normalized([conv], [.filled("w", [8, 8 / group, 3, 3])])
        let result = try subject.optimized().model
        #expect(result.graph.nodes.map(\.type) == ["ConvTranspose"])
        // The scale of output channel m of group g is at g · M / group + m.
        let weight = try #require(result.graph.initializers.first { $0.dimensions.count == 4 })
        let folded = try #require(weight.floats)
        let plain = try #require(TensorLiteral.filled("w", [8, 8 / group, 3, 3]).floats)
        let scale = Self.statistics[0].floats!, variance = Self.statistics[3].floats!
        let perGroup = Int(8 / group)
        for row in 0..<8 {
            for column in 0..<perGroup {
                let channel = row / perGroup * perGroup + column
                let index = (row * perGroup + column) * 9
                let factor = scale[channel] / (variance[channel] + 1e-5).squareRoot()
                #expect(abs(folded[index] - plain[index] * factor) < 1e-5)
            }
        }
    }

    @Test func sharedWeightsStayForTheOthers() throws {
        let subject = Subject(
            [
                Node("Conv", ["x", "w"], to: "c"),
                Node(
                    "Conv", ["x", "w"], to: "plain",
                    [
                        Attribute("pads", .ints([1, 1, 1, 1]))
                    ]),
                Node("BatchNormalization", ["c", "scale", "shift", "mean", "variance"], to: "y"),
            ], constants: [.filled("w", [8, 8, 3, 3])] + Self.statistics,
            outputs: ["y", "plain"])
        let result = try subject.optimized().model
        #expect(result.graph.nodes.map(\.type).sorted() == ["Conv", "Conv"])
        #expect(
            result.graph.initializers.contains { $0 == TensorLiteral.filled("w", [8, 8, 3, 3]) })
    }

    @Test func sharedOutputIsRefused() throws {
        var subject = Self.normalized(
            [Node("Conv", ["x", "w"], to: "c")], [.filled("w", [8, 8, 3, 3])])
        subject.model.graph.outputs.append(ValueInfo("c"))
        #expect(try subject.operators() == ["Conv", "BatchNormalization"])
        #expect(try subject.refusals(of: "fold-batch-norm") == ["'c' is used elsewhere too"])
    }

    @Test func statisticsOfTrainingAreRefused() throws {
        var subject = Self.normalized(
            [Node("Conv", ["x", "w"], to: "c")], [.filled("w", [8, 8, 3, 3])])
        subject.model.graph.nodes[1].attributes = [Attribute("training_mode", .int(1))]
        #expect(
            try subject.refusals(of: "fold-batch-norm")
                == ["it computes its statistics (training mode)"])
    }

    @Test(arguments: ["Mul", "Div", "Add", "Sub"], [[Int64](), [8, 1, 1], [1, 8, 1, 1]])
    func foldsAConstantOfEachChannel(type: String, dimensions: [Int64]) throws {
        let subject = Subject(
            [Node("Conv", ["x", "w"], to: "c"), Node(type, ["c", "k"], to: "y")],
            constants: [.filled("w", [8, 8, 3, 3]), .filled("k", dimensions)])
        let result = try subject.optimized().model
        #expect(result.graph.nodes.map(\.type) == ["Conv"])
        let plain = try #require(TensorLiteral.filled("w", [8, 8, 3, 3]).floats)
        let constant = try #require(TensorLiteral.filled("k", dimensions).floats)
        let weight = try #require(
            result.graph.initializers.first { $0.dimensions.count == 4 }?.floats)
        let bias = try #require(result.graph.initializers.first { $0.dimensions == [8] }?.floats)
        for channel in 0..<8 {
            let number = constant[constant.count == 1 ? 0 : channel]
            let factor = type == "Mul" ? number : type == "Div" ? 1 / number : 1
            #expect(abs(weight[channel * 72] - plain[channel * 72] * factor) < 1e-5)
            let summand = type == "Add" ? number : type == "Sub" ? -number : 0
            #expect(abs(bias[channel] - summand) < 1e-6)
        }
    }

    @Test func aScaleOfSharedWeightsStays() throws {
        let subject = Subject(
            [
                Node("Conv", ["x", "w"], to: "c"), Node("Mul", ["c", "k"], to: "y"),
                Node("Conv", ["x", "w"], to: "d", [Attribute("pads", .ints([1, 1, 1, 1]))]),
            ], constants: [.filled("w", [8, 8, 3, 3]), .filled("k", [])], outputs: ["y", "d"])
        #expect(
            try subject.refusals(of: "fold-scale") == ["the weights serve other convolutions too"])
    }

    private static func layerNorm(axis: Int64, opset: Int64) -> Subject {
        Subject(
            [
                Node("ReduceMean", ["x"], to: "mean", [Attribute("axes", .ints([axis]))]),
                Node("Sub", ["x", "mean"], to: "c"), Node("Pow", ["c", "two"], to: "s"),
                Node("ReduceMean", ["s"], to: "v", [Attribute("axes", .ints([axis]))]),
                Node("Add", ["v", "epsilon"], to: "e"), Node("Sqrt", ["e"], to: "d"),
                Node("Div", ["c", "d"], to: "n"), Node("Mul", ["n", "scale"], to: "m"),
                Node("Add", ["m", "bias"], to: "y"),
            ],
            constants: [
                .scalar("two", 2), .scalar("epsilon", 1e-5), .filled("scale", [5]),
                .filled("bias", [5]),
            ], opset: opset)
    }

    @Test func layerNormOutOfPieces() throws {
        #expect(try Self.layerNorm(axis: -1, opset: 17).operators() == ["LayerNormalization"])
        #expect(try Self.layerNorm(axis: 3, opset: 17).operators() == ["LayerNormalization"])
        let old = Self.layerNorm(axis: -1, opset: 13)
        #expect(
            try old.refusals(of: "write-layer-norm")
                == ["LayerNormalization needs opset 17, the model has 13"])
        let inner = Self.layerNorm(axis: 2, opset: 17)
        #expect(
            try inner.refusals(of: "write-layer-norm")
                == ["32-bit floats and means over the same last axes are expected"])
    }
}
