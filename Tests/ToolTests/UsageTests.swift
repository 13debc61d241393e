import IoUTestSupport
import Testing

struct UsageTests {
    @Test(arguments: [Tool.iourun.name, Tool.iouc.name])
    func saysItsVersionAndHelps(_ name: String) throws {
        let tool = name == Tool.iouc.name ? Tool.iouc : Tool.iourun
        let version = try tool("--version")
        #expect(version.status == 0)
        let plain = /\d+\.\d+\.\d+\n/
        let built =
            /\d+\.\d+\.\d+ \(threads: (OpenMP|thread pool), BLAS: \w+, pictures: PNG, JPEG, BMP[\w, :]*\)\n/
        let found = version.output
        let isIouc = name == Tool.iouc.name
        #expect(
            try isIouc ? plain.wholeMatch(in: found) != nil : built.wholeMatch(in: found) != nil)
        #expect(try tool("--help").status == 0)
    }

    @Test(arguments: ["detect", "bench", "tensors", "eval"])
    func helpsWithEverySubcommand(_ name: String) throws {
        let help = try Tool.iourun(name, "--help")
        #expect(help.status == 0)
        #expect(help.output.contains("--threads"))
        #expect(help.output.contains("--no-optimize"))
    }

    @Test(arguments: [
        [], ["tiny.onnx"], ["bench"], ["tensors", "tiny.onnx"],
        ["tiny.onnx", "a.png", "--nonsense"],
        ["tiny.onnx", "a.png", "--alpha", "1.5"], ["tiny.onnx", "a.png", "--alpha", "nan"],
        ["tiny.onnx", "a.png", "--alpha", "much"], ["tiny.onnx", "a.png", "--nms-threshold=-1"],
        ["tiny.onnx", "a.png", "--score-threshold", "2"], ["tiny.onnx", "a.png", "--threads", "0"],
        ["tiny.onnx", "a.png", "--max-detections", "0"],
        ["tiny.onnx", "a.png", "--json", "-", "--coco", "-"],
        ["tiny.onnx", "a.png", "--json", "a", "--coco", "a"],
        ["tiny.onnx", "a.png", "--coco", "a", "--output", "a"],
        ["tiny.onnx", "a.png", "--annotations", "a.json"],
        ["bench", "tiny.onnx", "--runs", "0"], ["bench", "tiny.onnx", "--shape", "input"],
        ["bench", "tiny.onnx", "--shape", "input=1x-3"], ["bench", "tiny.onnx", "--shape", "=1x3"],
        ["tensors", "tiny.onnx", "--output-dir", "o", "--input", "x"],
        ["tensors", "tiny.onnx", "--output-dir", "o", "--input", "x=a", "--input", "x=b"],
    ])
    func wrongUsageIs64(_ arguments: [String]) throws {
        let outcome = try Tool.iourun(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.hasPrefix("iourun: ") && outcome.errors.hasSuffix("; see --help\n"))
    }

    @Test(arguments: [
        (["export", "m.onnx", "--backbone", "resnet"], "resnet18, resnet34"),
        (["export", "m.onnx", "--alpha", "3"], "--alpha: expected 0 to 1, found 3.0"),
        (["optimize", "m.onnx", "n.onnx", "--shape", "x=1"], "--explain"),
        (["inspect", "m.onnx", "--metadata", "--json"], "--metadata"),
    ])
    func wrongUsageOfTheCompilerIs64(_ arguments: [String], _ words: String) throws {
        let outcome = try Tool.iouc(arguments)
        #expect(outcome.status == 64)
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains(words) && outcome.errors.hasSuffix("; see --help\n"))
    }

    @Test(arguments: [["predict"], ["predict", "a.png"], ["bnch", "tiny.onnx", "--runs", "1"]])
    func unknownSubcommandsAreNoFiles(_ arguments: [String]) throws {
        for tool in [Tool.iourun, Tool.iouc] {
            let outcome = try tool(arguments)
            #expect(outcome.status == 64)
            #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
            #expect(outcome.errors.hasPrefix("\(tool.name): unknown subcommand '\(arguments[0])'"))
            #expect(outcome.errors.contains(tool.name == "iouc" ? "optimize" : "bench"))
        }
    }

    /// A model may have any name.
    @Test func aFileWithoutAnEndingIsAModel() throws {
        let bench = try Workbench()
        try bench.folder.write("predict", TinyDetector.model().bytes)
        #expect(try bench.run("predict", "cells.png").status == 0)
    }
}
