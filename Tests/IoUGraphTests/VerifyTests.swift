import Testing

@testable import IoUGraph

@Suite("Verifying a model")
struct VerifyTests {
    private static var model: Model {
        var builder = GraphBuilder(name: "g")
        let x = builder.input("x", .tensor(.float32, ["n"]))
        let y = builder.relu(x, name: "y")
        builder.output(y, .tensor(.float32, ["n"]))
        return Model(graph: builder.graph)
    }

    private func message(_ change: (inout Model) -> Void) -> String? {
        var model = Self.model
        change(&model)
        do {
            try model.verify()
            return nil
        } catch {
            return error.message
        }
    }

    private func problems(_ change: (inout Model) -> Void) -> [String] {
        var model = Self.model
        change(&model)
        return model.problems()
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

    @Test func headsMayRepeatThemselves() {
        var model = Self.model
        model.operatorSets += [OperatorSet(domain: "ai.onnx", version: 17)]
        model.metadata = ["1", "2", "3"].map { Property($0 == "2" ? "b" : "a", $0) }
        model.graph.outputs += model.graph.outputs
        #expect(model.problems().isEmpty)
        #expect(model.notes.count == 3)
        #expect(model.metadata("a") == "3")
        model.removeRepeated()
        #expect(model.metadata == [Property("a", "3"), Property("b", "2")])
        #expect(model.operatorSets == Self.model.operatorSets)
        #expect(model.notes == ["output 'y' is listed twice"])
    }

    @Test func constantsMayBeInputsOnce() {
        let sparse = SparseTensor(
            values: TensorLiteral("x", floats: [1], dimensions: [1]),
            indices: TensorLiteral("", ints: [0]), dimensions: [3])
        #expect(message { $0.graph.sparseInitializers = [sparse] } == nil)
        let text = message { $0.graph.sparseInitializers = [sparse, sparse] }
        #expect(text == "sparse initializer: value 'x' is defined twice")
    }

    @Test func operatorSetHasOneVersion() {
        let text = message { $0.operatorSets += [OperatorSet(domain: "ai.onnx", version: 16)] }
        #expect(
            text == "operator set 'ai.onnx' is imported twice by the model, in versions 17 and 16")
    }

    @Test func everyProblemIsFound() {
        var model = Model(graph: Graph(name: "g"))
        model.graph.inputs = [ValueInfo("x", .tensor(.float32, [2]))]
        model.graph.nodes = [
            Node("Relu", name: "first", inputs: ["nowhere"], outputs: ["a"]),
            Node("Relu", name: "second", inputs: ["a"], outputs: ["a"]),
        ]
        model.graph.outputs = [ValueInfo("y")]
        model.irVersion = 0
        #expect(
            model.problems() == [
                "the model states no IR version",
                "node 'first' (Relu): input 'nowhere' is not defined before it",
                "node 'second' (Relu): value 'a' is defined twice",
                "output 'y' of graph 'g' is made by no node",
            ])
    }

    @Test func problemsOfBranchesAreFound() {
        var branch = Graph(name: "then")
        branch.nodes = [
            Node("Relu", name: "inner", inputs: ["unheard"], outputs: ["x"])
        ]
        let texts = problems { $0.graph.nodes[0].attributes = [Attribute("b", .graph(branch))] }
        #expect(
            texts == [
                "node 'inner' (Relu): input 'unheard' is not defined before it",
                "node 'inner' (Relu): value 'x' is defined twice",
            ])
    }

    @Test func functionsAreChecked() {
        var twice = Function(name: "Twice", domain: "ai.iou")
        twice.operatorSets = [OperatorSet(domain: "", version: 17)]
        twice.inputs = ["a"]
        twice.outputs = ["b"]
        twice.nodes = [Node("Add", name: "sum", inputs: ["a", "c"], outputs: ["b"])]
        let text = "function 'ai.iou.Twice': node 'sum' (Add): input 'c' is not defined before it"
        #expect(problems { $0.functions = [twice] } == [text])
    }

    @Test func functionMustNotCallItself() {
        func function(_ name: String, calls callee: String) -> Function {
            var function = Function(name: name, domain: "d")
            function.operatorSets = [OperatorSet(domain: "d", version: 1)]
            function.inputs = ["a"]
            function.outputs = ["b"]
            var node = Node(callee, name: "call", inputs: ["a"], outputs: ["b"])
            node.domain = "d"
            function.nodes = [node]
            return function
        }
        let texts = problems {
            $0.functions = [function("F", calls: "G"), function("G", calls: "F")]
        }
        #expect(
            texts == [
                "function 'd.F': its calls never end, a function calls itself",
                "function 'd.G': its calls never end, a function calls itself",
            ])
        #expect(problems { $0.functions = [function("F", calls: "Elsewhere")] }.isEmpty)
    }

    @Test func referenceStandsInAFunction() {
        let texts = problems {
            $0.graph.nodes[0].attributes = [Attribute("alpha", .reference(name: "a", kind: 1))]
        }
        #expect(texts.count == 1 && texts[0].contains("refers to one of a call"))
    }
}
