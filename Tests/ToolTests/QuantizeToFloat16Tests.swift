import Foundation
import IoUTestSupport
import Testing

/// `iouc quantize --to float16` on the tiny detector, which has no product behind another, and on the
/// shipped one.
struct QuantizeToFloat16Tests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("tiny.onnx", TinyDetector.model().bytes)
        let shipped = URL(fileURLWithPath: #filePath).appendingPathComponent(
            "../../../models/blood-cells.onnx"
        ).standardized
        try FileManager.default.createSymbolicLink(
            at: URL(fileURLWithPath: folder.path("cells.onnx")), withDestinationURL: shipped)
    }

    private func quantize(_ arguments: String...) throws -> Tool.Outcome {
        try Tool.iouc(["quantize"] + arguments, in: folder.path)
    }

    @Test func writesTheSameFileTwice() throws {
        for name in ["a.onnx", "b.onnx"] {
            let outcome = try quantize("cells.onnx", name, "--to", "float16")
            #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.errors)")
        }
        #expect(try Tool.iouc.shell("cmp a.onnx b.onnx", in: folder.path).status == 0)
        #expect(try Tool.iouc("check", "a.onnx", in: folder.path).status == 0)
    }

    @Test func explains() throws {
        let outcome = try quantize(
            "cells.onnx", "a.onnx", "--to", "float16", "--io", "float16", "--explain")
        #expect(outcome.status == 0)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("float16: ") })
        #expect(lines.contains { $0.contains("no product depends on it: ") })
    }

    @Test func refusesWithOneLineAndNoFile() throws {
        for model in ["tiny.onnx", "missing.onnx", "a.onnx"] {
            if model == "a.onnx" { _ = try quantize("cells.onnx", model, "--to", "float16") }
            let outcome = try quantize(model, "out.onnx", "--to", "float16")
            #expect(outcome.status == 1 && outcome.errorLines.count == 1)
            #expect(outcome.errors.contains("'\(model)': "), "\(outcome.errors)")
            #expect(!folder.exists("out.onnx"))
        }
    }

    @Test(arguments: [
        ["--to", "float16", "--images", "images"], ["--to", "float16", "--keep", "a"],
        ["--images", "images", "--io", "float16"], ["--io", "float16"], ["--to", "float8"], [],
    ])
    func usageThatDoesNotFit(_ options: [String]) throws {
        let outcome = try Tool.iouc(
            ["quantize", "tiny.onnx", "out.onnx"] + options, in: folder.path)
        #expect(outcome.status == 64)
    }
}
