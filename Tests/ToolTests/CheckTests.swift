import Foundation
import IoUTestSupport
import Testing

/// `iouc check`
struct CheckTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func check(_ bytes: [UInt8], _ options: String...) throws -> Tool.Outcome {
        try folder.write("m.onnx", bytes)
        return try Tool.iouc(["check", "m.onnx"] + options, in: folder.path)
    }

    /// The problems, one a line, of a model that has some.
    private func problems(
        _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [String] {
        let outcome = try check(bytes)
        let lines = outcome.output.split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("note: ") }
        let count = lines.count == 1 ? "1 problem" : "\(lines.count) problems"
        expectOneLine(outcome, "'m.onnx': \(count)", sourceLocation: sourceLocation)
        return lines
    }

    @Test func aGoodModelHasNoProblems() throws {
        for model in [TinyDetector.model(), TinyONNX.unary("Relu")] {
            let outcome = try check(model.bytes)
            #expect(outcome.status == 0)
            #expect(outcome.output == "m.onnx: no problems\n")
            #expect(outcome.errors.isEmpty)
        }
    }

    @Test func everyProblemIsALineWithItsNode() throws {
        var model = TinyONNX(inputs: [
            TinyONNX.Value(name: "x", shape: [1, 4, 8, 8]),
            TinyONNX.Value(name: "n", type: 7, shape: [2]),
        ])
        model.nodes = [
            TinyONNX.Node(type: "Conv", name: "rank", inputs: ["x", "n"], outputs: ["a"]),
            TinyONNX.Node(type: "Relu", name: "fine", inputs: ["a"], outputs: ["b"]),
            TinyONNX.Node(type: "Frobnicate", name: "lacking1", inputs: ["b"], outputs: ["c"]),
            TinyONNX.Node(type: "Frobnicate", name: "lacking2", inputs: ["c"], outputs: ["d"]),
            TinyONNX.Node(
                type: "Softmax", name: "attribute", inputs: ["x"], outputs: ["e"],
                floats: [("axis", 1)]),
            TinyONNX.Node(type: "Relu", name: "undefined", inputs: ["later"], outputs: ["f"]),
            TinyONNX.Node(
                type: "Relu", name: "stranger", inputs: ["x"], outputs: ["g"], domain: "far.away"),
            TinyONNX.Node(type: "Relu", name: "twice", inputs: ["x"], outputs: ["g"]),
            TinyONNX.Node(type: "Relu", name: "h", inputs: ["x"], outputs: ["h"]),
        ]
        model.outputs = [TinyONNX.Value(name: "h", shape: [1, 4, 8, 9])]
        let lines = try problems(model.bytes)
        for words in [
            ["node 'rank' (Conv)"], ["lacks", "Frobnicate (2 nodes: 'lacking1', 'lacking2')"],
            ["node 'attribute' (Softmax)", "'axis'"],
            ["node 'undefined' (Relu)", "'later'"], ["node 'stranger'", "'far.away'", "imported"],
            ["node 'twice' (Relu)", "'g'", "twice"],
            ["output 'h'", "[1, 4, 8, 9]", "[1, 4, 8, 8]"],
        ] {
            let hits = lines.filter { line in words.allSatisfy(line.contains) }
            #expect(hits.count == 1, "\(words): \(lines)")
        }
        #expect(!lines.contains { $0.contains("'fine'") })
        // The stranger breaks the structure, and is lacking too.
        #expect(lines.count == 8, "\(lines)")
    }

    @Test func anOperatorThatIsLackingIsOneLine() throws {
        var model = TinyONNX.unary("Relu")
        model.nodes += (1...5).map {
            TinyONNX.Node(type: "Quux", name: "q\($0)", inputs: ["x"], outputs: ["q\($0)"])
        }
        model.nodes.append(
            TinyONNX.Node(type: "Frob", name: "f", inputs: ["x"], outputs: ["f"]))
        #expect(
            try problems(model.bytes) == [
                "the runtime lacks the operator Frob (node 'f')",
                "the runtime lacks the operator Quux (5 nodes: 'q1', 'q2', 'q3' and 2 more)",
            ])
    }

    @Test func whatStandsTwiceIsNoted() throws {
        var model = TinyONNX.unary("Relu")
        model.operatorSets = [("ai.onnx", 17), ("Paddle", 1), ("Paddle", 1)]
        model.metadata = [("a", "1"), ("b", "2"), ("a", "3"), ("a", "4")]
        model.outputs += model.outputs
        let outcome = try check(model.bytes)
        #expect(outcome.status == 0)
        #expect(
            outcome.output == """
                m.onnx: no problems
                note: operator set 'ai.onnx' is imported twice by the model
                note: operator set 'Paddle' is imported twice by the model
                note: metadata key 'a' appears twice, the last value counts
                note: output 'y' is listed twice

                """)
        model.operatorSets = [("Paddle", 1), ("Paddle", 2)]
        let lines = try problems(model.bytes)
        #expect(
            lines == ["operator set 'Paddle' is imported twice by the model, in versions 1 and 2"])
    }

    @Test func whatTheFileSaysOfAValueMustBeTrue() throws {
        var model = TinyONNX.unary("Relu", shape: [2, 3])
        model.nodes.insert(
            TinyONNX.Node(type: "Neg", name: "first", inputs: ["x"], outputs: ["inner"]), at: 0)
        model.nodes[1].inputs = ["inner"]
        model.values = [TinyONNX.Value(name: "inner", type: 7, shape: [2, 3])]
        #expect(
            try problems(model.bytes)
                == ["value 'inner': the file declares int64, its node produces float32"])
        model.values = [TinyONNX.Value(name: "inner", shape: [2, -1])]
        #expect(try check(model.bytes).status == 0)
        model.values = [TinyONNX.Value(name: "inner", shape: [2, 3, 1])]
        #expect(try problems(model.bytes).count == 1)
    }

    @Test func wrongMetadataIsAProblem() throws {
        let lines = try problems(TinyDetector.model(changing: ["iou.alpha": "2"]).bytes)
        #expect(lines.count == 1 && lines[0].contains("iou.alpha"))
        var both = TinyDetector.model(changing: ["iou.version": "77"])
        both.nodes.append(
            TinyONNX.Node(type: "Quux", name: "quux", inputs: ["input"], outputs: ["q"]))
        let two = try problems(both.bytes)
        #expect(two.count == 2, "\(two)")
        #expect(two.contains { $0.contains("iou.version") })
    }

    @Test func filesThatAreNoModelAreOneProblem() throws {
        let whole = TinyDetector.model().bytes
        for bytes in [[], Array("a text".utf8), Array(whole.prefix(whole.count / 2))] {
            #expect(try problems(bytes).count == 1)
        }
        let missing = try Tool.iouc("check", "none.onnx", in: folder.path)
        expectOneLine(missing, "1 problem")
        #expect(missing.output.contains("none.onnx"))
    }

    @Test func truncationsNeverCrash() throws {
        let whole = TinyONNX.unary("Relu").bytes
        for length in stride(from: 0, to: whole.count, by: 11) {
            try folder.write("m.onnx", Array(whole.prefix(length)))
            for command in [["check"], ["inspect"], ["inspect", "--metadata"]] {
                let outcome = try Tool.iouc(command + ["m.onnx"], in: folder.path)
                #expect(outcome.status == 0 || outcome.status == 1)
                #expect(outcome.errorLines.count <= 1)
            }
        }
    }

    @Test func printsJSON() throws {
        let outcome = try check(TinyDetector.model(changing: ["iou.alpha": "2"]).bytes, "--json")
        #expect(outcome.status == 1)
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let report = try #require(object as? NSDictionary)
        #expect(report["model"] as? String == "m.onnx")
        let problems = try #require(report["problems"] as? [[String: String]])
        #expect(problems.map { $0["kind"] } == ["metadata"])
    }
}
