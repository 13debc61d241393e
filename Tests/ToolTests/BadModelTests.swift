import IoUTestSupport
import Testing

struct BadModelTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
    }

    @Test(arguments: ["empty", "text", "truncated", "malformed", "zeros"])
    func refusesFilesThatAreNoModel(_ kind: String) throws {
        let whole = TinyDetector.model().bytes
        let bytes: [UInt8] =
            switch kind {
            case "empty": []
            case "text": Array("this is no model, but a text of some length".utf8)
            case "truncated": Array(whole.prefix(whole.count / 2))
            case "malformed": [0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07] + whole
            default: Array(repeating: 0, count: 1000)
            }
        try bench.folder.write("bad.onnx", bytes)
        for arguments in [["bad.onnx", "cells.png"], ["bench", "bad.onnx"]] {
            try expectOneLine(Tool.iourun(arguments, in: bench.folder.path), "bad.onnx")
        }
    }

    @Test func refusesEveryTruncation() throws {
        let whole = TinyONNX.unary("Relu").bytes
        for length in stride(from: 0, to: whole.count, by: 7) {
            try bench.folder.write("bad.onnx", Array(whole.prefix(length)))
            try expectOneLine(bench.run("bench", "bad.onnx"), "bad.onnx")
        }
    }

    @Test func namesTheFileThatIsMissing() throws {
        try expectOneLine(bench.run("none.onnx", "cells.png"), "none.onnx")
        try expectOneLine(bench.run(".", "cells.png"), "'.'")
    }

    @Test func namesEveryOperatorThatIsLacking() throws {
        var tiny = TinyONNX.unary("Relu")
        tiny.nodes = [
            TinyONNX.Node(type: "Frobnicate", name: "first", inputs: ["x"], outputs: ["a"]),
            TinyONNX.Node(type: "Relu", name: "second", inputs: ["a"], outputs: ["b"]),
            TinyONNX.Node(type: "Quux", name: "third", inputs: ["b"], outputs: ["y"]),
        ]
        try bench.folder.write("lacking.onnx", tiny.bytes)
        let outcome = try bench.run("bench", "lacking.onnx")
        expectOneLine(outcome, "lacking.onnx")
        for word in ["Frobnicate", "first", "Quux", "third"] {
            #expect(outcome.errors.contains(word), "\(outcome.errors)")
        }
        #expect(!outcome.errors.contains("second"))
    }

    @Test(arguments: ["iou.version", "iou.anchors", "iou.labels", "iou.nms.threshold"])
    func namesTheMetadataThatIsMissing(_ key: String) throws {
        let model = TinyDetector.model(changing: [key: String?.none])
        try bench.folder.write("bad.onnx", model.bytes)
        try expectOneLine(bench.run("bad.onnx", "cells.png"), key)
    }

    @Test(arguments: [
        ("iou.version", "2"), ("iou.labels", "red\ngreen\nblue"), ("iou.alpha", "1.5"),
        ("iou.outputs.box", "cls"), ("iou.anchors", "0.0 0.0 32.0"), ("iou.strides", "32.0 64.0"),
    ])
    func namesTheMetadataThatContradicts(_ key: String, _ value: String) throws {
        try bench.folder.write("bad.onnx", TinyDetector.model(changing: [key: value]).bytes)
        try expectOneLine(bench.run("bad.onnx", "cells.png"), "iou.")
    }

    @Test func namesAKeyThatNobodyDefined() throws {
        let model = TinyDetector.model(changing: ["iou.unheard.of": "1"])
        try bench.folder.write("bad.onnx", model.bytes)
        try expectOneLine(bench.run("bad.onnx", "cells.png"), "iou.unheard.of")
        let note = TinyDetector.model(changing: ["iou.training.note": "1"])
        try bench.folder.write("good.onnx", note.bytes)
        #expect(try bench.run("good.onnx", "cells.png").status == 0)
    }

    @Test func refusesAModelWithoutMetadata() throws {
        try bench.folder.write("plain.onnx", TinyONNX.unary("Relu").bytes)
        try expectOneLine(
            bench.run("plain.onnx", "cells.png"), "'plain.onnx': ", "iouc annotate", "iou.*")
    }
}

/// The work failed, and one line says where.
func expectOneLine(
    _ outcome: Tool.Outcome, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(outcome.status == 1, sourceLocation: sourceLocation)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(outcome.errors.hasPrefix("\(outcome.tool): "), sourceLocation: sourceLocation)
    for word in words {
        #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: sourceLocation)
    }
}
