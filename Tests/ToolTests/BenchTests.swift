import Foundation
import IoUTestSupport
import Testing

struct BenchTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
    }

    @Test func writesTheJSONOfTheContract() throws {
        let outcome = try bench.run(
            "bench", "tiny.onnx", "--shape", "input=1x3x64x96", "--runs", "5", "--warmup", "1",
            "--threads", "1", "--per-op", "--json", "-")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try #require(try bench.json(outcome.output))
        #expect(report["model"] as? String == "tiny.onnx")
        #expect(report["threads"] as? Int == 1)
        #expect(report["runs"] as? Int == 5)
        #expect((report["shape"] as? NSDictionary)?["input"] as? [Int] == [1, 3, 64, 96])
        let latency = try #require(report["latency_ms"] as? [String: Double])
        #expect(latency["min"]! <= latency["median"]! && latency["median"]! <= latency["p90"]!)
        #expect(report["first_result_ms"] as! Double > report["load_ms"] as! Double)
        #expect(report["peak_memory_bytes"] as! Int > 1 << 20)
        #expect(report["gflops"] as! Double > 0)
        #expect(report["peak_gflops"] as! Double > 0)
        let operators = try #require(report["operators"] as? [NSDictionary])
        #expect(!operators.isEmpty)
        for step in operators {
            #expect(
                Set(step.allKeys.compactMap { $0 as? String })
                    == [
                        "name", "type", "ms", "gflops", "of_peak", "bytes", "algorithm", "isa",
                    ])
        }
    }

    @Test func metadataGivesANominalShape() throws {
        let model = TinyDetector.model(changing: ["iou.input.resize": "short-long 40 90"])
        try bench.folder.write("nominal.onnx", model.bytes)
        let outcome = try bench.run(
            "bench", "nominal.onnx", "--runs", "1", "--roofline", "roof.png", "--json", "-")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try #require(try bench.json(outcome.output))
        #expect(report["nominal"] as? Bool == true)
        #expect(report["shape"] as? [String: [Int]] == ["input": [1, 3, 64, 96]])
        #expect(bench.folder.exists("roof.png"))
        let given = try bench.run(
            "bench", "nominal.onnx", "--runs", "1", "--shape", "input=1x3x32x32")
        #expect(given.output.contains("\nshape         input=1x3x32x32\n"))
    }

    @Test func leavesOperatorsOutUnlessAsked() throws {
        try bench.folder.write("relu.onnx", TinyONNX.unary("Relu").bytes)
        let outcome = try bench.run("bench", "relu.onnx", "--runs", "1", "--json", "-")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try bench.json(outcome.output)?["operators"] == nil)
    }

    @Test func printsForPeople() throws {
        let outcome = try measure("input=1x3x32x32", "--per-op")
        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("model         tiny.onnx\nshape         input=1x3x32"))
        #expect(outcome.output.contains("\nname "))
        #expect(outcome.output.contains("conv.cls"))
    }

    @Test func asksForShapesThatAreOpen() throws {
        let open = try bench.run("bench", "tiny.onnx")
        expectOneLine(open, "input 'input'", "--shape input=1x3x480x640")
        try expectOneLine(measure("other=1x3"), "'other'")
        try expectOneLine(measure("input=1x4x32x32"), "input")
        try expectOneLine(measure("input=9223372036854775807x3x9x9"))
    }

    private func measure(_ shape: String, _ arguments: String...) throws -> Tool.Outcome {
        try Tool.iourun(
            ["bench", "tiny.onnx", "--shape", shape] + arguments, in: bench.folder.path)
    }
}
