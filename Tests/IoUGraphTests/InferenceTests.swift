import Testing

@testable import IoUGraph

@Suite("Shapes from the runtime")
struct InferenceTests {
    @Test func innerValuesGetTheirTypes() throws {
        var builder = GraphBuilder(name: "g")
        let x = builder.input("x", .tensor(.float32, ["batch", 3, 32, 48]))
        let weights = [Float](repeating: 0, count: 16 * 3 * 9)
        let w = builder.initializer(
            TensorLiteral("w", floats: weights, dimensions: [16, 3, 3, 3]))
        let map = builder.conv(x, weight: w, name: "conv", kernel: 3, stride: 2, padding: 1)
        builder.output(builder.relu(map, name: "y"), .tensor(.float32, shape: nil))
        var model = Model(graph: builder.graph)
        try model.inferShapes()
        #expect(
            model.graph.valueInfo == [ValueInfo("conv", .tensor(.float32, ["batch", 16, 16, 24]))])
    }

    @Test func whatDoesNotFitIsRefused() throws {
        var builder = GraphBuilder(name: "g")
        let x = builder.input("x", .tensor(.float32, [1, 4, 8, 8]))
        let w = builder.initializer(
            TensorLiteral("w", floats: [0, 0, 0], dimensions: [1, 3, 1, 1]))
        let y = builder.conv(x, weight: w, name: "conv", kernel: 1)
        builder.output(y, .tensor(.float32, shape: nil))
        var model = Model(graph: builder.graph)
        #expect(throws: GraphError.self) { try model.inferShapes() }
    }

    @Test func everythingThatDoesNotFitIsFound() throws {
        var model = Model(graph: Graph(name: "g"))
        model.graph.inputs = [
            ValueInfo("x", .tensor(.float32, [1, 4, 8])), ValueInfo("n", .tensor(.int64, [2])),
        ]
        model.graph.nodes = [
            Node("Conv", name: "rank", inputs: ["x", "n"], outputs: ["a"]),
            Node("Relu", name: "behind", inputs: ["a"], outputs: ["b"]),
            Node("Add", name: "types", inputs: ["x", "n"], outputs: ["c"]),
            Node(
                "Softmax", name: "attribute", inputs: ["x"], outputs: ["d"],
                attributes: [Attribute("axis", .float(1))]),
            Node("Relu", name: "fits", inputs: ["x"], outputs: ["e"]),
            Node("Relu", name: "undefined", inputs: ["later"], outputs: ["f"]),
        ]
        model.graph.outputs = ["b", "c", "d", "e", "f"].map { ValueInfo($0) }
        let inferred = try model.inferred()
        let named = inferred.problems.map { $0.message.split(separator: "'")[1] }
        // A wrong attribute is found while loading, before anything is inferred.
        #expect(named == ["attribute", "rank", "types"])
        #expect(inferred.types["e"] == .tensor(.float32, [1, 4, 8]))
        #expect(inferred.types["b"]?.dimensions == nil)
        #expect(throws: inferred.problems[0]) { try model.inferShapes() }
    }

    @Test func valuesThatAreNoTensorsHaveTypes() throws {
        var model = Model(graph: Graph(name: "g"), opset: 18)
        model.graph.inputs = [ValueInfo("x", .tensor(.float32, [2, 3]))]
        model.graph.nodes = [
            Node("SequenceConstruct", inputs: ["x", "x"], outputs: ["s"]),
            Node("Optional", inputs: ["s"], outputs: ["o"]),
            Node("Optional", inputs: ["x"], outputs: ["t"]),
            Node("SequenceLength", inputs: ["s"], outputs: ["n"]),
            Node("OptionalHasElement", inputs: ["o"], outputs: ["h"]),
        ]
        model.graph.outputs = ["n", "h"].map { ValueInfo($0) }
        let inferred = try model.inferred()
        let tensor = TypeInfo.tensor(.float32, shape: nil)
        #expect(inferred.problems == [])
        #expect(inferred.types["s"] == .sequence(.init(tensor)))
        #expect(inferred.types["o"] == .optional(.init(.sequence(.init(tensor)))))
        #expect(inferred.types["t"] == .optional(.init(tensor)))
        #expect(inferred.types["n"] == .tensor(.int64, []))
    }
}
