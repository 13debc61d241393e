import Testing

@testable import IoUGraph

@Suite("Verifying a model")
struct VerifyTests {
    private func message(_ change: (inout Model) -> Void) -> String? {
        var builder = GraphBuilder(name: "g")
        let x = builder.input("x", .tensor(.float32, ["n"]))
        let y = builder.relu(x, name: "y")
        builder.output(y, .tensor(.float32, ["n"]))
        var model = Model(graph: builder.graph)
        change(&model)
        do {
            try model.verify()
            return nil
        } catch {
            return error.message
        }
    }

    @Test func wellFormedModelPasses() {
        #expect(message { _ in } == nil)
    }

    @Test func valueMustBeDefinedBeforeItIsUsed() {
        let text = message { $0.graph.nodes[0].inputs = ["later"] }
        #expect(text == "node 'y' (Relu): input 'later' is not defined before it")
    }

    @Test func valueMustBeDefinedOnce() {
        let text = message { $0.graph.nodes[0].outputs = ["x"] }
        #expect(text == "node 'y' (Relu): value 'x' is defined twice")
    }

    @Test func outputMustBeMade() {
        let text = message { $0.graph.nodes = [] }
        #expect(text == "output 'y' of graph 'g' is made by no node")
    }

    @Test func domainMustBeImported() {
        let text = message { $0.graph.nodes[0].domain = "com.example" }
        #expect(text?.contains("'com.example' is not imported") == true)
    }

    @Test func tensorMustHaveTheBytesOfItsShape() {
        let text = message {
            $0.graph.initializers = [TensorLiteral("w", floats: [1, 2], dimensions: [3])]
        }
        #expect(text == "tensor 'w' has 8 bytes, expected 12")
    }

    @Test(arguments: [[-1], [Int64.max, 4]] as [[Int64]])
    func impossibleShapeIsRefused(_ shape: [Int64]) {
        let text = message {
            $0.graph.initializers = [TensorLiteral("w", floats: [1], dimensions: shape)]
        }
        #expect(text?.contains("impossible shape") == true)
    }

    @Test func innerGraphSeesOuterValues() {
        var inner = Graph(name: "body")
        inner.nodes = [Node("Relu", inputs: ["x"], outputs: ["inner"])]
        inner.outputs = [ValueInfo("inner")]
        let text = message {
            $0.graph.nodes[0].attributes = [Attribute("body", .graph(inner))]
        }
        #expect(text == nil)
    }

    @Test func metadataKeysAreUnique() {
        let text = message { $0.metadata = [Property("a", "1"), Property("a", "2")] }
        #expect(text == "metadata key 'a' stands twice")
    }
}
