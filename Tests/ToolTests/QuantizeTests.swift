import Foundation
import IoUTestSupport
import Testing

/// `iouc quantize` on the tiny detector, whose three convolutions look at the picture's cells.
struct QuantizeTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("tiny.onnx", TinyDetector.model().bytes)
        try folder.write("images/cells.png", Pictures.cells)
        try folder.write("truth.json", Array(truth.utf8))
    }

    private let truth = """
        {"images": [{"id": 5, "file_name": "cells.png", "width": 64, "height": 64}],
         "categories": [{"id": 9, "name": "green"}, {"id": 4, "name": "red"}],
         "annotations": [
          {"id": 1, "image_id": 5, "category_id": 4, "bbox": [32, 0, 32, 32]},
          {"id": 2, "image_id": 5, "category_id": 9, "bbox": [0, 32, 32, 32]}]}
        """

    private func quantize(_ more: String..., output: String = "q.onnx") throws -> Tool.Outcome {
        try Tool.iouc(
            ["quantize", "tiny.onnx", output, "--images", "images"] + more, in: folder.path)
    }

    @Test(arguments: ["minmax", "entropy", "percentile", "mse"])
    func findsTheSameBoxes(_ method: String) throws {
        let outcome = try quantize("--method", method)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let options = ["images/cells.png", "--json", "-"]
        let boxes = try ["tiny.onnx", "q.onnx"].map { model in
            let found = try Tool.iourun([model] + options, in: folder.path)
            #expect(found.status == 0, "\(found.errors)")
            let page = try JSONSerialization.jsonObject(with: Data(found.output.utf8))
            let images = (page as? NSDictionary)?["images"] as? [NSDictionary]
            return (images?.first?["detections"] as? [NSDictionary])?.map { $0["box"] as? NSArray }
        }
        #expect(boxes[0] == boxes[1] && boxes[0]?.count == 2)
    }

    @Test func equalCallsWriteEqualFiles() throws {
        #expect(try quantize().status == 0)
        #expect(try quantize(output: "again.onnx").status == 0)
        #expect(try Tool.iouc.shell("cmp q.onnx again.onnx", in: folder.path).status == 0)
        #expect(try Tool.iouc("check", "q.onnx", in: folder.path).status == 0)
    }

    @Test func tellsOfEveryLayer() throws {
        let outcome = try quantize("--explain", "--keep", "conv.box", "conv.iou")
        #expect(outcome.status == 0)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.first { $0.hasPrefix("conv.cls") }?.hasSuffix("int8") == true)
        #expect(lines.first { $0.hasPrefix("conv.box") }?.hasSuffix("float, --keep") == true)
        #expect(lines.first { $0.hasPrefix("conv.iou") }?.hasSuffix("float, --keep") == true)
    }

    @Test func measuresPrecision() throws {
        let outcome = try quantize("--annotations", "truth.json", "--evaluate", "images")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let rows = outcome.output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(rows.map(\.first) == ["AP", "before", "after", "difference"])
        #expect(rows[1].dropFirst() == ["1.0000", "1.0000", "1.0000", "1.0000"])
        #expect(rows[2].dropFirst() == rows[1].dropFirst())
    }

    @Test func refusesWhatItCannotQuantize() throws {
        #expect(try quantize().status == 0)
        try folder.write("plain.onnx", TinyONNX.unary("Relu").bytes)
        try folder.write("empty/readme.txt", [])
        try folder.write("broken/a.png", [1, 2, 3])
        let cases: [(arguments: [String], parts: [String])] = [
            (["q.onnx", "o.onnx", "--images", "images"], ["'q.onnx'", "quantized already"]),
            (["plain.onnx", "o.onnx", "--images", "images"], ["'plain.onnx'", "metadata"]),
            (["tiny.onnx", "o.onnx", "--images", "empty"], ["folder 'empty'", "found none"]),
            (["tiny.onnx", "o.onnx", "--images", "missing"], ["'missing'"]),
            (["tiny.onnx", "o.onnx", "--images", "broken"], ["'broken/a.png'"]),
            (["tiny.onnx", "nowhere/o.onnx", "--images", "images"], ["'nowhere/o.onnx'"]),
            (
                ["tiny.onnx", "o.onnx", "--images", "images", "--keep", "conv.cls", "conv.bx"],
                ["--keep", "'conv.bx'"]
            ),
        ]
        for one in cases {
            let outcome = try Tool.iouc(["quantize"] + one.arguments, in: folder.path)
            #expect(outcome.status == 1, "\(one.arguments): \(outcome.errors)")
            #expect(outcome.output.isEmpty && outcome.errorLines.count == 1, "\(outcome.errors)")
            for part in one.parts { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
            #expect(!folder.exists("o.onnx"))
        }
    }

    /// Twice 3e38 is no finite number.
    @Test func refusesNumbersThatAreNotFinite() throws {
        var model = TinyDetector.model()
        model.weights[0].values = Array(repeating: 3e38, count: 6)
        model.weights[1].values = [3e38, 3e38]
        try folder.write("tiny.onnx", model.bytes)
        let outcome = try quantize()
        #expect(outcome.status == 1 && outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("finite") && outcome.errors.contains("cells.png"))
        #expect(!folder.exists("q.onnx"))
    }

    @Test func wrongUsage() throws {
        for arguments in [["--count", "0"], ["--method", "max"], ["--evaluate", "images"]] {
            let outcome = try Tool.iouc(
                ["quantize", "tiny.onnx", "q.onnx", "--images", "images"] + arguments,
                in: folder.path)
            #expect(outcome.status == 64 && outcome.errorLines.count == 1, "\(outcome.errors)")
        }
    }
}
