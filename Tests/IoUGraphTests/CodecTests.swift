import Testing

@testable import IoUGraph

@Suite("ONNX codec")
struct CodecTests {
    private func roundTrip(_ model: Model) throws -> Model {
        try Model(decoding: model.encoded())
    }

    @Test func everyKindOfContentComesBack() throws {
        let model = Fixtures.everything
        let back = try roundTrip(model)
        #expect(back == model)
        #expect(back.encoded() == model.encoded())
    }

    @Test(arguments: Fixtures.attributes)
    func attributeComesBack(_ attribute: Attribute) throws {
        var graph = Graph(name: "g")
        graph.nodes = [Node("Op", inputs: [], outputs: ["y"], attributes: [attribute])]
        let back = try roundTrip(Model(graph: graph))
        #expect(back.graph.nodes[0].attributes == [attribute])
    }

    @Test(arguments: Fixtures.types)
    func typeComesBack(_ type: TypeInfo) throws {
        var graph = Graph(name: "g")
        graph.inputs = [ValueInfo("x", type)]
        #expect(try roundTrip(Model(graph: graph)).graph.inputs == graph.inputs)
    }

    @Test(arguments: [.number(-1), 0, "?", "", "None", "n+1", "2", "a b", "é"] as [Dimension])
    func inputOfADimensionThatSaysNothing(_ dimension: Dimension) throws {
        var graph = Graph(name: "g")
        graph.inputs = [ValueInfo("x", .tensor(.float32, [dimension, 3, "n_1"]))]
        let back = try roundTrip(Model(graph: graph)).graph.inputs
        #expect(back == [ValueInfo("x", .tensor(.float32, [.unknown, 3, "n_1"]))])
    }

    @Test func outputsKeepExpressions() throws {
        var graph = Graph(name: "g")
        graph.outputs = [ValueInfo("y", .tensor(.float32, ["floor((n+1)/2)", 0, .number(-1)]))]
        let back = try roundTrip(Model(graph: graph)).graph.outputs
        let dimensions: [Dimension] = ["floor((n+1)/2)", .unknown, .unknown]
        #expect(back == [ValueInfo("y", .tensor(.float32, dimensions))])
    }

    @Test func nodesAreSorted() throws {
        var inner = Graph(name: "inner")
        inner.nodes = [
            Node("Abs", inputs: ["t"], outputs: ["u"]),
            Node("Neg", inputs: ["late"], outputs: ["t"]),
        ]
        inner.outputs = [ValueInfo("u")]
        var graph = Graph(name: "g")
        graph.inputs = [ValueInfo("x")]
        graph.nodes = [
            Node(
                "If", inputs: ["x"], outputs: ["t"],
                attributes: [Attribute("then_branch", .graph(inner))]),
            Node("Exp", inputs: ["x"], outputs: ["late"]),
        ]
        graph.outputs = [ValueInfo("t")]
        var model = Model(graph: graph)
        model.functions = [Function(name: "F", domain: "test")]
        model.functions[0].nodes = [
            Node("Neg", inputs: ["a"], outputs: ["b"]),
            Node("Constant", inputs: [], outputs: ["a"]),
        ]
        let back = try roundTrip(model)
        #expect(back.graph.nodes.map(\.type) == ["Exp", "If"])
        #expect(back.graph.nodes[1].attributes[0].graphs[0].nodes.map(\.type) == ["Neg", "Abs"])
        #expect(back.functions[0].nodes.map(\.type) == ["Constant", "Neg"])
        #expect(back.notes.count == 3)
        #expect(try roundTrip(back).notes.isEmpty)
    }

    @Test func aCycleIsLeftAsItIs() throws {
        var graph = Graph(name: "g")
        graph.nodes = [
            Node("Neg", inputs: ["a"], outputs: ["b"]), Node("Neg", inputs: ["b"], outputs: ["a"]),
        ]
        let back = try roundTrip(Model(graph: graph))
        #expect(back.graph.nodes == graph.nodes)
        #expect(back.problems().contains { $0.contains("'a' is not defined before it") })
    }

    @Test func unknownFieldsAreKept() throws {
        var writer = WireWriter()
        writer.bytes(1000, [1, 2, 3])
        writer.int(1001, -5)
        writer.float(1002, 0.5)
        var model = Fixtures.everything
        model.unknownFields = writer.bytes
        model.graph.unknownFields = writer.bytes
        model.graph.nodes[0].unknownFields = writer.bytes
        model.graph.initializers[0].unknownFields = writer.bytes
        #expect(try roundTrip(model) == model)
    }

    @Test func typeWithUnknownPartsIsKeptAsBytes() throws {
        var type = WireWriter()
        type.message(1) {
            $0.int(1, 1)
            $0.int(99, 7)
        }
        var graph = Graph(name: "g")
        graph.inputs = [ValueInfo("x", .other(type.bytes))]
        #expect(try roundTrip(Model(graph: graph)).graph.inputs == graph.inputs)
    }

    @Test func largeContentsAreNotCopied() throws {
        let tensor = TensorLiteral(
            "w", floats: (0..<5000).map { Float($0) }, dimensions: [5000])
        var graph = Graph(name: "g")
        graph.initializers = [tensor, TensorLiteral("i", ints: [1, 2])]
        let back = try roundTrip(Model(graph: graph))
        #expect(back.graph.initializers == graph.initializers)
        #expect(back.graph.initializers[0].floats?[4999] == 4999)
    }

    @Test func attributeOfOldFilesHasTheTypeOfItsField() throws {
        var writer = WireWriter()
        writer.message(7) {
            $0.message(1) {
                $0.string(2, "y")
                $0.string(4, "Op")
                $0.message(5) {
                    $0.string(1, "axis")
                    $0.int(3, -1)
                }
            }
        }
        let model = try Model(decoding: writer.bytes)
        #expect(model.graph.nodes[0].attribute("axis") == .int(-1))
    }

    @Test(arguments: [[], [0xff], Array("not a model".utf8), [0x3a, 0x05, 0x01]] as [[UInt8]])
    func malformedBytesAreRefused(_ bytes: [UInt8]) {
        #expect(throws: GraphError.self) { try Model(decoding: bytes) }
    }

    @Test func everyTruncationIsRefusedOrRead() {
        let bytes = Fixtures.everything.encoded()
        for count in 0..<bytes.count { _ = try? Model(decoding: Array(bytes[..<count])) }
    }
}
