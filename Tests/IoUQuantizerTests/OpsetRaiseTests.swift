import IoUGraph
import Testing

@testable import IoUQuantizer

@Suite struct OpsetRaiseTests {
    private func model(_ nodes: [Node], opset: Int64) -> Model {
        var graph = Graph(name: "g")
        graph.inputs = [ValueInfo("x", .tensor(.float32, [1, 3, 4]))]
        graph.outputs = [ValueInfo("y")]
        graph.nodes = nodes
        return Model(graph: graph, opset: opset)
    }

    @Test func listsBecomeInputs() throws {
        var model = model(
            [
                Node(
                    "Squeeze", inputs: ["x"], outputs: ["s"],
                    attributes: [Attribute("axes", .ints([0]))]),
                Node(
                    "Split", inputs: ["s"], outputs: ["a", "b"],
                    attributes: [Attribute("axis", .int(1)), Attribute("split", .ints([1, 3]))]),
                Node("Softmax", inputs: ["b"], outputs: ["y"]),
            ], opset: 11)
        let before = try model.inferred().types
        try model.raiseOpset()
        let nodes = model.graph.nodes
        #expect(nodes[0].inputs == ["x", "s.axes"] && nodes[0].attributes.isEmpty)
        #expect(nodes[1].inputs == ["s", "a.split"] && nodes[1].attributes.map(\.name) == ["axis"])
        #expect(nodes[2].attributes == [Attribute("axis", .int(-1))])
        #expect(model.operatorSets.map(\.version) == [13])
        try model.verify()
        let after = try model.inferred()
        #expect(after.problems.isEmpty)
        for name in ["s", "a", "b", "y"] { #expect(after.types[name] == before[name]) }
    }

    /// Before opset 13 a Softmax along an earlier axis is one over all that follow.
    @Test func refusesWhatMeansAnotherThing() {
        var softmax = model([Node("Softmax", inputs: ["x"], outputs: ["y"])], opset: 12)
        #expect(throws: GraphError.self) { try softmax.raiseOpset() }
        var old = model([Node("Relu", inputs: ["x"], outputs: ["y"])], opset: 10)
        #expect(throws: GraphError.self) { try old.raiseOpset() }
        var new = model([Node("Softmax", inputs: ["x"], outputs: ["y"])], opset: 17)
        #expect(throws: Never.self) { try new.raiseOpset() }
        #expect(new.operatorSets.map(\.version) == [17])
    }
}
