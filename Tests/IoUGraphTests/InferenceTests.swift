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
}
