import IoUTestSupport
import Testing

/// `iouc export`, and what `iourun` makes of its files.
struct ExportTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("cells.png", Pictures.cells)
        try folder.write("labels.txt", Array("red\nwhite\n".utf8))
        try folder.write("twice.txt", Array("red\nwhite\nred\n".utf8))
        try folder.write("cut.safetensors", [8, 0, 0])
        try folder.write("cut.pth", [0x50, 0x4b, 3, 4])
    }

    private func export(_ arguments: String...) throws -> Tool.Outcome {
        try Tool.iouc(
            ["export", "m.onnx", "--backbone", "mobilenetv2"] + arguments, in: folder.path)
    }

    @Test func seededExportsAreEqualByteForByteAndRun() throws {
        #expect(try export("--labels", "labels.txt", "--seed", "3").status == 0)
        let again = try Tool.iouc(
            "export", "n.onnx", "--backbone", "mobilenetv2", "--labels", "labels.txt", "--seed",
            "3",
            in: folder.path)
        #expect(again.status == 0)
        #expect(try Tool.iouc.shell("cmp m.onnx n.onnx", in: folder.path).status == 0)

        let bench = try Tool.iourun(
            "bench", "m.onnx", "--shape", "images=2x3x64x96", "--runs", "1", in: folder.path)
        #expect(bench.status == 0, "\(bench.errors)")
        let detection = try Tool.iourun(
            "m.onnx", "cells.png", "--max-detections", "3", in: folder.path)
        #expect(detection.status == 0, "\(detection.errors)")
        #expect(detection.output.contains("red") || detection.output.contains("white"))
    }

    @Test func explainingTellsTheCosts() throws {
        #expect(try export("--classes", "2", "--short-side", "64", "--long-side", "96").status == 0)
        func explain(_ arguments: String...) throws -> Tool.Outcome {
            try Tool.iouc(
                ["optimize", "m.onnx", "n.onnx", "--explain"] + arguments, in: folder.path)
        }
        let nominal = try explain().output
        #expect(nominal.contains("\ncost of images=1x3x64x96 (nominal, from the metadata): "))
        let given = try explain("--shape", "images=1x3x32x32").output
        #expect(given.contains("\ncost of images=1x3x32x32: "))
        let facts = try Tool.iouc("inspect", "n.onnx", in: folder.path).output
        let adds = try #require(
            facts.split(separator: "\n").first { $0.hasPrefix("multiply-adds") }?
                .split(separator: " ").dropFirst().joined(separator: " "))
        #expect(nominal.contains(" -> \(adds) multiply-adds"))
        expectOneLine(try explain("--shape", "other=1x3"), "'other'")
    }

    @Test func graphsThatReportDetectionsRun() throws {
        #expect(try export("--classes", "2", "--postprocess", "graph").status == 0)
        let detection = try Tool.iourun(
            "m.onnx", "cells.png", "--max-detections", "3", in: folder.path)
        #expect(detection.status == 0, "\(detection.errors)")
        #expect(detection.output.contains("class 0") || detection.output.contains("class 1"))
        let facts = try Tool.iouc("inspect", "m.onnx", in: folder.path)
        #expect(facts.output.contains("yes, alpha 0.5\n"))
        let refused = try Tool.iourun("m.onnx", "cells.png", "--alpha", "1", in: folder.path)
        #expect(refused.status == 1)
        #expect(refused.errors.contains("alpha") && refused.errorLines.count == 1)
    }

    @Test(arguments: [
        (["--weights", "cut.safetensors"], "cut.safetensors"),
        (["--weights", "nowhere.safetensors"], "nowhere.safetensors"),
        (["--weights", "cut.pth"], "cut.pth"),
        (["--labels", "nowhere.txt"], "nowhere.txt"),
        (["--postprocess", "graph", "--convention", "detectron2"], "detectron2"),
        (["--bottleneck-stride", "1x1"], "1x1"),
        (["--tower-norm", "groupnorm32", "--fpn-channels", "40"], "40"),
        (["--bn-eps", "-1"], "--bn-eps"),
        (["--p6", "c4"], "c4"),
        (["--convention", "yolo"], "yolo"),
        (["--labels", "labels.txt", "--classes", "5"], "5"),
        (["--labels", "twice.txt"], "'twice.txt': label 'red' appears twice"),
    ])
    func failuresAreOneLineAndLeaveNothing(_ arguments: [String], _ named: String) throws {
        let outcome = try Tool.iouc(
            ["export", "m.onnx", "--backbone", "mobilenetv2"] + arguments, in: folder.path)
        #expect(outcome.status == 1 || outcome.status == 64)
        #expect(outcome.errors.contains(named))
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
        #expect(try !folder.names.contains { $0.contains("onnx") })
    }
}
