import Testing

@testable import IoUGraph

@Suite("Building a graph")
struct GraphBuilderTests {
    @Test func equalListsShareOneConstant() {
        var builder = GraphBuilder(name: "g")
        #expect(builder.constant([0]) == builder.constant([0]))
        #expect(builder.constant([1]) != builder.constant([0]))
        #expect(builder.graph.initializers.count == 2)
    }

    @Test func absentInputsAtTheEndAreNotWritten() {
        var builder = GraphBuilder(name: "g")
        let x = builder.input("x", .tensor(.float32, [1, 1, 4, 4]))
        let w = builder.initializer(TensorLiteral("w", floats: [1], dimensions: [1, 1, 1, 1]))
        _ = builder.conv(x, weight: w, name: "conv", kernel: 1)
        #expect(builder.graph.nodes[0].inputs == ["x", "w"])
        #expect(builder.graph.nodes[0].outputs == ["conv"])
    }

    @Test func resizeLeavesOutRegionAndScales() {
        var builder = GraphBuilder(name: "g")
        let x = builder.input("x", .tensor(.float32, shape: nil))
        let sizes = builder.constant([1, 1, 2, 2])
        _ = builder.resizeNearest(x, sizes: sizes, name: "r")
        #expect(builder.graph.nodes[0].inputs == ["x", "", "", "constant.1_1_2_2"])
    }

    @Test func everyOperatorMakesAVerifiedGraph() throws {
        var builder = GraphBuilder(name: "g")
        let x = builder.input("x", .tensor(.float32, [1, 2, 4, 4]))
        let low = builder.initializer(TensorLiteral("low", floats: [0], dimensions: []))
        let pooled = builder.maxPool(x, name: "pool", kernel: 3, stride: 2, padding: 1)
        let clipped = builder.clip(pooled, low: low, high: .absent, name: "clip")
        let product = builder.multiply(clipped, builder.sigmoid(clipped, name: "s"), name: "m")
        let shape = builder.shape(product, name: "shape")
        let first = builder.gather(shape, indices: builder.constant([0]), name: "n")
        let sizes = builder.concat([first, builder.constant([-1])], axis: 0, name: "sizes")
        let flat = builder.reshape(product, shape: sizes, name: "flat")
        let turned = builder.transpose(flat, order: [1, 0], name: "t", output: "y")
        builder.output(turned, .tensor(.float32, ["k", 1]))
        try Model(graph: builder.graph).verify()
    }
}
