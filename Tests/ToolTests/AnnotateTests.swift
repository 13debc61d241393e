import Foundation
import IoUTestSupport
import Testing

/// `iouc annotate`, and `iouc inspect --metadata`, which prints what it reads.
struct AnnotateTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("tiny.onnx", TinyDetector.model().bytes)
        var plain = TinyDetector.model()
        plain.metadata = [("author", "somebody else")]
        try folder.write("plain.onnx", plain.bytes)
        try folder.write("cells.png", Pictures.cells)
    }

    private func listing() throws -> String {
        let outcome = try Tool.iouc("inspect", "--metadata", "tiny.onnx", in: folder.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }

    private func annotate(_ text: String, _ options: String...) throws -> Tool.Outcome {
        try folder.write("meta.txt", Array(text.utf8))
        return try Tool.iouc(
            ["annotate", "plain.onnx", "out.onnx", "--metadata", "meta.txt"] + options,
            in: folder.path)
    }

    @Test func metadataMovesThroughOnePipe() throws {
        let pipe = """
            $TOOL inspect --metadata tiny.onnx | $TOOL annotate plain.onnx out.onnx --metadata -
            """
        let outcome = try Tool.iouc.shell(pipe, in: folder.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let again = try Tool.iouc("inspect", "--metadata", "out.onnx", in: folder.path)
        #expect(try again.output == listing())
        let found = try Tool.iourun("out.onnx", "cells.png", in: folder.path)
        let expected = try Tool.iourun("tiny.onnx", "cells.png", in: folder.path)
        #expect(found.status == 0 && found.output == expected.output)
    }

    @Test func everythingElseOfTheModelStays() throws {
        let text = try listing()
        #expect(try annotate(text).status == 0)
        var expected = TinyDetector.model()
        expected.metadata.insert(("author", "somebody else"), at: 0)
        try folder.write("expected.onnx", expected.bytes)
        let removed = try Tool.iouc(
            "annotate", "expected.onnx", "same.onnx", "--metadata", "meta.txt", in: folder.path)
        #expect(removed.status == 0)
        #expect(try Tool.iouc.shell("cmp out.onnx same.onnx", in: folder.path).status == 0)
    }

    @Test func writesInPlaceAndReplacesKeys() throws {
        try folder.write(
            "meta.txt",
            Array("# less sure\r\niou.alpha = 0.25\r\niou.labels =\r\n\ta\r\n\tb\r\n".utf8))
        let outcome = try Tool.iouc(
            "annotate", "tiny.onnx", "tiny.onnx", "--metadata", "meta.txt", in: folder.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let text = try listing()
        #expect(text.contains("iou.alpha = 0.25\n"))
        #expect(text.contains("iou.labels =\n    a\n    b\n"))
        #expect(try folder.names.filter { $0.hasPrefix("tiny") } == ["tiny.onnx"])
    }

    @Test(arguments: [
        ("iou.alpha = 0.5", "iou.alpha = 7", "iou.alpha"),
        ("iou.outputs.cls = cls", "iou.outputs.cls = clas", "iou.outputs.cls"),
        ("iou.anchors = 0.0 0.0 32.0 32.0", "iou.anchors =\n  0 0 32 32 0 0 9 9", "iou."),
        ("iou.version = 1\n", "", "iou.version"),
        ("iou.version = 1", "iou.version: 1", "line 1"),
        ("iou.version = 1", "version = 1", "line 1"),
        ("iou.version = 1", "  iou.version = 1", "line 1"),
        ("iou.version = 1", "iou.version = 1\niou.version = 1", "twice"),
        ("iou.alpha = 0.5", "iou.alpha = 0.5\niou.alhpa = 0.4", "'iou.alhpa': unknown"),
        ("iou.nms.threshold = ", "iou.nms.treshold = ", "is 'iou.nms.threshold'"),
        ("    green\n", "    red\n", "label 'red' appears twice"),
    ])
    func refusesWhatDoesNotFit(_ old: String, _ new: String, _ named: String) throws {
        let text = try listing()
        #expect(text.contains(old))
        let changed = text.replacingOccurrences(of: old, with: new)
        try expectOneLine(annotate(changed), named)
        #expect(try folder.names == ["cells.png", "meta.txt", "plain.onnx", "tiny.onnx"])
    }

    @Test func keysCanBeRemoved() throws {
        let text = try listing() + "iou.training.note = x\n"
        #expect(try annotate(text).status == 0)
        try folder.write("none.txt", Array("\n# nothing\n".utf8))
        func change(_ options: String...) throws -> Tool.Outcome {
            try Tool.iouc(
                ["annotate", "out.onnx", "out.onnx", "--metadata", "none.txt"] + options,
                in: folder.path)
        }
        try expectOneLine(change("--remove", "iou.nothing"), "iou.nothing")
        try expectOneLine(change("--clear"), "iou.*", "found none")
        #expect(try change("--remove", "iou.training.note").status == 0)
        let after = try Tool.iouc("inspect", "--metadata", "out.onnx", in: folder.path)
        #expect(try after.output == listing())
    }
}
