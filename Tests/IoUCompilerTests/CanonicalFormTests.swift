import IoUGraph
import Testing

@testable import IoUCompiler

@Suite struct CanonicalFormTests {
    private static let numbers: [TensorLiteral] = [
        .scalar("zero", 0), .scalar("half", 0.5), .scalar("one", 1), .scalar("three", 3),
        .scalar("six", 6), .scalar("sixth", 1.0 / 6), .scalar("root2", 1.4142135),
    ]

    private static func operators(_ nodes: [Node], opset: Int64 = 17) throws -> [String] {
        try Subject(nodes, constants: numbers, opset: opset).operators()
    }

    @Test func relu6BecomesClip() throws {
        #expect(
            try Self.operators([
                Node("Relu", ["x"], to: "a"), Node("Min", ["six", "a"], to: "y"),
            ]) == ["Clip"])
        #expect(
            try Self.operators([
                Node("Max", ["x", "zero"], to: "a"), Node("Min", ["a", "six"], to: "y"),
            ]) == ["Clip"])
    }

    private static let largest = Float.greatestFiniteMagnitude

    private static let ends: [TensorLiteral] = [
        .scalar("infinite", .infinity), .scalar("least", -.infinity), .scalar("none", .nan),
        .scalar("largest", largest),
    ]

    /// The limits of the Clip that is all that becomes of two operators, nil where one is left out.
    private static func clip(_ inner: Node, _ outer: Node) throws -> [Float?] {
        let subject = Subject([inner, outer], constants: numbers + ends)
        let graph = try subject.optimized().model.graph
        try #require(graph.nodes.map(\.type) == ["Clip"])
        return graph.nodes[0].inputs.dropFirst().map { name in
            graph.initializers.first { $0.name == name }?.floats?[0]
        }
    }

    /// Clip is min(max(x, min), max): what its limits are follows from that alone.
    @Test func limitsThatCrossAreOrdered() throws {
        let raised = Node("Max", ["x", "six"], to: "a"),
            lowered = Node("Min", ["x", "three"], to: "a")
        let relu = Node("Relu", ["x"], to: "a")
        #expect(try Self.clip(raised, Node("Min", ["a", "three"], to: "y")) == [6, 3])
        #expect(try Self.clip(lowered, Node("Max", ["a", "six"], to: "y")) == [6, 6])
        #expect(try Self.clip(relu, Node("Clip", ["a", "six", "three"], to: "y")) == [6, 3])
    }

    @Test func onlyMissingLimitsAreTheEndsOfTheType() throws {
        let relu = Node("Relu", ["x"], to: "a")
        #expect(try Self.clip(relu, Node("Min", ["a", "infinite"], to: "y")) == [0, .infinity])
        #expect(try Self.clip(relu, Node("Min", ["a", "largest"], to: "y")) == [0])
        #expect(try Self.clip(relu, Node("Clip", ["a"], to: "y")) == [0])
        #expect(
            try Self.clip(relu, Node("Clip", ["a", "", "infinite"], to: "y")) == [0, .infinity])
        let raised = Node("Max", ["x", "least"], to: "a")
        #expect(
            try Self.clip(raised, Node("Min", ["a", "six"], to: "y")) == [-.infinity, 6])
    }

    @Test(arguments: [
        [Node("Relu", ["x"], to: "a"), Node("Min", ["a", "none"], to: "y")],
        [Node("Max", ["x", "none"], to: "a"), Node("Min", ["a", "six"], to: "y")],
        [Node("Min", ["x", "none"], to: "a"), Node("Max", ["a", "zero"], to: "y")],
    ])
    func limitsThatAreNoNumbersStay(nodes: [Node]) throws {
        let subject = Subject(nodes, constants: Self.numbers + Self.ends)
        #expect(try subject.operators() == nodes.map(\.type))
    }

    /// Before opset 11 runtimes refuse a Clip whose limits cross.
    @Test func limitsThatCrossStayInOldOpsets() throws {
        let nodes = [Node("Max", ["x", "six"], to: "a"), Node("Min", ["a", "three"], to: "y")]
        #expect(try Self.operators(nodes, opset: 10) == ["Max", "Min"])
    }

    @Test func fusedClipHasTheLimitsThatItLeftOut() throws {
        let subject = Subject(
            [Node("Conv", ["x", "w"], to: "c"), Node("Clip", ["c", "", "six"], to: "y")],
            constants: Self.numbers + [.filled("w", [4, 8, 1, 1])])
        let graph = try subject.optimized(fusing: true).model.graph
        #expect(graph.nodes.map(\.type) == ["ConvNoBiasClip"])
        let limits = graph.nodes[0].inputs.suffix(2).map { name in
            graph.initializers.first { $0.name == name }?.floats?[0]
        }
        #expect(limits == [-Self.largest, 6])
    }

    @Test func limitsThatAddDimensionsStay() throws {
        let constants = [TensorLiteral("six", floats: [6], dimensions: [1, 1, 1])]
        let nodes = [Node("Relu", ["x"], to: "a"), Node("Min", ["a", "six"], to: "y")]
        #expect(
            try Subject(nodes, constants: constants, input: [5]).operators() == ["Relu", "Min"])
        #expect(try Subject(nodes, constants: constants).operators() == ["Clip"])
    }

    @Test func siluHasOneForm() throws {
        let written = [
            Node("Neg", ["x"], to: "n"), Node("Exp", ["n"], to: "e"),
            Node("Add", ["one", "e"], to: "s"),
        ]
        #expect(
            try Self.operators(written + [Node("Div", ["x", "s"], to: "y")]) == ["Sigmoid", "Mul"])
        #expect(
            try Self.operators(
                written + [
                    Node("Div", ["one", "s"], to: "q"), Node("Mul", ["q", "x"], to: "y"),
                ]) == ["Sigmoid", "Mul"])
    }

    @Test(arguments: [(Int64(17), ["HardSwish"]), (Int64(13), ["HardSigmoid", "Mul"])])
    func hardSwishOutOfPieces(opset: Int64, expected: [String]) throws {
        let clipped = [
            Node("Add", ["x", "three"], to: "a"), Node("Clip", ["a", "zero", "six"], to: "c"),
        ]
        let endings = [
            [Node("Div", ["c", "six"], to: "d"), Node("Mul", ["d", "x"], to: "y")],
            [Node("Mul", ["x", "c"], to: "d"), Node("Div", ["d", "six"], to: "y")],
            [Node("Mul", ["x", "c"], to: "d"), Node("Mul", ["d", "sixth"], to: "y")],
        ]
        for ending in endings {
            #expect(try Self.operators(clipped + ending, opset: opset) == expected)
        }
    }

    @Test func hardSwishOfIntegersStays() throws {
        var subject = Subject(
            [
                Node("Add", ["x", "three"], to: "a"), Node("Clip", ["a", "zero", "six"], to: "c"),
                Node("Mul", ["x", "c"], to: "d"), Node("Div", ["d", "six"], to: "y"),
            ],
            constants: ["zero": 0, "three": 3, "six": 6].map { (name: String, value: Int64) in
                var number = TensorLiteral(name, ints: [value])
                number.dimensions = []
                return number
            })
        subject.model.graph.inputs = [ValueInfo("x", .tensor(.int64, [5]))]
        #expect(try subject.operators() == ["Add", "Clip", "Mul", "Div"])
    }

    @Test func geluHasOneForm() throws {
        let pieces = [
            Node("Div", ["x", "root2"], to: "a"), Node("Erf", ["a"], to: "b"),
            Node("Add", ["one", "b"], to: "c"), Node("Mul", ["x", "half"], to: "d"),
            Node("Mul", ["d", "c"], to: "y"),
        ]
        #expect(try Self.operators(pieces) == ["Div", "Erf", "Add", "Mul", "Mul"])
        #expect(try Self.operators(pieces, opset: 20) == ["Gelu"])
    }

    @Test func aFactorThatIsNotRootTwoStays() throws {
        let pieces = [
            Node("Div", ["x", "three"], to: "a"), Node("Erf", ["a"], to: "b"),
            Node("Add", ["one", "b"], to: "c"), Node("Mul", ["x", "c"], to: "d"),
            Node("Mul", ["d", "half"], to: "y"),
        ]
        #expect(try Self.operators(pieces, opset: 20) == ["Div", "Erf", "Add", "Mul", "Mul"])
    }

    private static let groupNorm = [
        Node("Reshape", ["x", "grouped"], to: "a"),
        Node("InstanceNormalization", ["a", "ones", "zeros"], to: "b"),
        Node("Reshape", ["b", "whole"], to: "c"), Node("Mul", ["c", "scale"], to: "d"),
        Node("Add", ["d", "bias"], to: "y"),
    ]

    private static let groupConstants: [TensorLiteral] = [
        TensorLiteral("grouped", ints: [0, 4, -1]), TensorLiteral("whole", ints: [1, 8, 6, 5]),
        TensorLiteral("ones", floats: [1, 1, 1, 1], dimensions: [4]),
        TensorLiteral("zeros", floats: [0, 0, 0, 0], dimensions: [4]),
        .filled("scale", [8, 1, 1]), .filled("bias", [8, 1, 1]),
    ]

    @Test func groupNormOutOfPieces() throws {
        let old = Subject(Self.groupNorm, constants: Self.groupConstants)
        #expect(try old.operators().count == 5)
        #expect(try old.refusals(of: "write-group-norm").count == 1)
        let new = Subject(Self.groupNorm, constants: Self.groupConstants, opset: 21)
        #expect(try new.operators() == ["GroupNormalization"])
    }
}
