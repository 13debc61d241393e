import IoUGraph
import Testing

@testable import IoUCompiler

@Suite struct PassTests {
    @Test func constantsAreComputed() throws {
        let subject = Subject(
            [
                Node("Constant", [], to: "k", [Attribute("value_float", .float(2))]),
                Node("Mul", ["w", "k"], to: "w2"), Node("Add", ["x", "w2"], to: "y"),
            ], constants: [.filled("w", [5])])
        let result = try subject.optimized().model
        #expect(result.graph.nodes.map(\.type) == ["Add"])
        let plain = try #require(TensorLiteral.filled("w", [5]).floats)
        #expect(result.graph.initializers.map(\.floats) == [plain.map { $0 * 2 }])
    }

    @Test func largeConstantsStayComputations() throws {
        let subject = Subject(
            [
                Node("ConstantOfShape", ["shape"], to: "k"), Node("Add", ["x", "k"], to: "y"),
            ], constants: [TensorLiteral("shape", ints: [1000, 8, 6, 5])])
        #expect(try subject.operators() == ["ConstantOfShape", "Add"])
        #expect(try subject.refusals(of: "fold-constants") == ["the file would grow"])
    }

    /// The runtime gives tensors of numbers alone: what is made of constants is left to it.
    @Test func sequencesAndStringsStayComputations() throws {
        var scalar = TensorLiteral("one", ints: [1])
        scalar.dimensions = []
        let subject = Subject(
            [
                Node("Add", ["w", "w"], to: "v"), Node("SequenceConstruct", ["v", "w"], to: "s"),
                Node("SequenceAt", ["s", "one"], to: "e"), Node("Add", ["x", "e"], to: "a"),
                Node("Constant", [], to: "t", [Attribute("value_string", .string([0x61]))]),
                Node("StringConcat", ["t", "t"], to: "u"), Node("Equal", ["u", "t"], to: "q"),
                Node("Cast", ["q"], to: "f", [Attribute("to", .int(1))]),
                Node("Mul", ["a", "f"], to: "y"),
            ],
            constants: [.filled("w", [5]), scalar],
            opset: 20)
        let left = try subject.operators()
        #expect(left.contains("SequenceConstruct") && left.contains("StringConcat"), "\(left)")
        #expect(!left.prefix(1).contains("Add"), "\(left)")
    }

    /// A Gradient names values in attributes.
    @Test func whatAGradientNamesStays() throws {
        var gradient = Node(
            "Gradient", ["x"], to: "g",
            [Attribute("xs", .strings([[0x78]])), Attribute("y", .string([0x74]))])
        gradient.domain = "ai.onnx.preview.training"
        let nodes = [
            Node("Identity", ["x"], to: "i"), Node("Mul", ["i", "i"], to: "t"),
            Node("Identity", ["t"], to: "u"), gradient, Node("Add", ["u", "g"], to: "y"),
        ]
        var subject = Subject(nodes)
        subject.model.operatorSets.append(
            OperatorSet(domain: "ai.onnx.preview.training", version: 1))
        #expect(
            try subject.operators() == ["Identity", "Mul", "Identity", "Gradient", "Add"])
        #expect(
            try subject.refusals(of: "left-alone") == ["the values that it names stay as they are"])
    }

    @Test func knownExtentsAreFolded() throws {
        let nodes = [
            Node("Shape", ["x"], to: "s"), Node("Gather", ["s", "one"], to: "c"),
            Node("Concat", ["minus", "c"], to: "t", [Attribute("axis", .int(0))]),
            Node("Reshape", ["x", "t"], to: "y"),
        ]
        let constants = [TensorLiteral("one", ints: [1]), TensorLiteral("minus", ints: [-1])]
        let result = try Subject(nodes, constants: constants, input: ["n", 8, "h", "w"])
            .optimized().model
        #expect(result.graph.nodes.map(\.type) == ["Reshape"])
        #expect(result.graph.initializers.map(\.ints) == [[-1, 8]])
    }

    /// A constant that a caller may feed is none, nor is what is computed of it.
    @Test(arguments: [3, 4, 8] as [Int64])
    func defaultsOfInputsStay(_ irVersion: Int64) throws {
        let nodes = [
            Node("Add", ["s", "one"], to: "t"), Node("Reshape", ["x", "t"], to: "r"),
            Node("Mul", ["w", "w"], to: "u"), Node("Add", ["r", "u"], to: "a"),
            Node("Add", ["a", "v"], to: "y"),
        ]
        let constants = [
            TensorLiteral("s", ints: [239, 0]), TensorLiteral("one", ints: [1]),
            .filled("w", [1]), .filled("v", [1]),
        ]
        var subject = Subject(nodes, constants: constants)
        subject.model.irVersion = irVersion
        subject.model.graph.inputs += [
            ValueInfo("s", .tensor(.int64, [2])), ValueInfo("w", .tensor(.float32, ["n"])),
        ]
        let result = try subject.optimized().model.graph
        let isOpen = irVersion >= 4
        #expect(
            result.nodes.map(\.type) == (isOpen ? nodes.map(\.type) : ["Reshape", "Add", "Add"]))
        #expect(result.inputs.map(\.name) == (isOpen ? ["x", "s", "w"] : ["x"]))
    }

    @Test func whatTheHeadRepeatsIsWrittenOnce() throws {
        var subject = Subject([Node("Relu", ["x"], to: "y")], outputs: ["y", "y"])
        subject.model.operatorSets = [("", 17), ("ai.onnx", 17), ("d", 1), ("d", 1)].map {
            OperatorSet(domain: $0, version: $1)
        }
        subject.model.metadata = [Property("a", "1"), Property("b", "2"), Property("a", "3")]
        let result = try subject.optimized().model
        #expect(result.operatorSets.map(\.domain) == ["", "d"])
        #expect(result.metadata == [Property("a", "3"), Property("b", "2")])
        #expect(result.graph.outputs.map(\.name) == ["y", "y"])
    }

    @Test func identitiesGo() throws {
        let nodes = [
            Node("Identity", ["x"], to: "a"), Node("Dropout", ["a"], to: "b"),
            Node("Cast", ["b"], to: "c", [Attribute("to", .int(1))]),
            Node("Transpose", ["c"], to: "d", [Attribute("perm", .ints([0, 2, 3, 1]))]),
            Node("Transpose", ["d"], to: "e", [Attribute("perm", .ints([0, 3, 1, 2]))]),
            Node("Relu", ["e"], to: "y"),
        ]
        #expect(try Subject(nodes).operators() == ["Relu"])
    }

    @Test func outputsKeepTheirNames() throws {
        let subject = Subject(
            [Node("Relu", ["x"], to: "a"), Node("Identity", ["a"], to: "y")])
        let result = try subject.optimized().model
        #expect(result.graph.nodes.map(\.outputs) == [["y"]])
        // An input cannot take an output's name.
        #expect(try Subject([Node("Identity", ["x"], to: "y")]).operators() == ["Identity"])
    }

    @Test func identicalNodesAreOne() throws {
        let subject = Subject(
            [
                Node("Add", ["x", "w"], to: "a"), Node("Add", ["x", "v"], to: "b"),
                Node("Mul", ["a", "b"], to: "y"),
            ], constants: [.filled("w", [5]), .filled("v", [5])])
        let result = try subject.optimized().model
        #expect(result.graph.nodes.map(\.type) == ["Add", "Mul"])
        #expect(result.graph.initializers.count == 1)
    }

    @Test func defaultsThatCallersMayOverrideAreNoConstants() throws {
        var subject = Subject(
            [Node("Mul", ["w", "w"], to: "k"), Node("Add", ["x", "k"], to: "y")],
            constants: [.filled("w", [5])])
        subject.model.graph.inputs.append(ValueInfo("w", .tensor(.float32, [5])))
        #expect(try subject.operators() == ["Mul", "Add"])
        subject.model.irVersion = 3
        #expect(try subject.operators() == ["Add"])
    }

    @Test func paddingGoesIntoConv() throws {
        let nodes = [
            Node("Pad", ["x", "pads"], to: "p"),
            Node("Conv", ["p", "w"], to: "y", [Attribute("pads", .ints([1, 0, 1, 0]))]),
        ]
        let pads = TensorLiteral("pads", ints: [0, 0, 1, 2, 0, 0, 3, 4])
        let result = try Subject(nodes, constants: [pads, .filled("w", [4, 8, 3, 3])])
            .optimized().model
        #expect(result.graph.nodes.map(\.type) == ["Conv"])
        #expect(result.graph.nodes[0].attribute("pads") == .ints([2, 2, 4, 4]))
        let channels = TensorLiteral("pads", ints: [0, 1, 0, 0, 0, 0, 0, 0])
        let other = Subject(nodes, constants: [channels, .filled("w", [4, 9, 3, 3])])
        #expect(try other.refusals(of: "fold-pad") == ["it pads batch or channels"])
    }

    @Test func whatIsNotUnderstoodStays() throws {
        var strange = Node("Strange", ["x"], to: "a")
        strange.domain = "example"
        var subject = Subject([
            strange, Node("Identity", ["a"], to: "b"), Node("Relu", ["b"], to: "y"),
        ])
        subject.model.operatorSets.append(OperatorSet(domain: "example", version: 1))
        var compiler = Compiler()
        compiler.verifiesPasses = true
        let result = try compiler.optimize(subject.model)
        #expect(result.model.graph.nodes.map(\.type) == ["Strange", "Relu"])
        let places = result.report.entries.last?.refused.map(\.place)
        #expect(places == ["node 'a' (example.Strange)"])
    }
}
