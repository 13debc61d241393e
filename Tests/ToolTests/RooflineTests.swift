import Foundation
import IoUTestSupport
import Testing

struct RooflineTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
    }

    @Test func drawsThePictureBesideTheReport() throws {
        let outcome = try draw("tiny.onnx", "roof.png", "--shape", "input=1x3x64x96", "--json", "-")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try #require(try bench.json(outcome.output))
        #expect(report["bandwidth_gbs"] as! Double > 0)
        let operators = try #require(report["operators"] as? [NSDictionary])
        let step = try #require(operators.first { $0["name"] as? String == "conv.cls" })
        let values = 3 * 64 * 96 + (2 * 3 + 2) + 2 * 2 * 3
        #expect(step["bytes"] as? Double == Double(values * 4))
        try expectPicture("roof.png")
    }

    @Test func drawsWhereNothingIsCounted() throws {
        try bench.folder.write("relu.onnx", TinyONNX.unary("Relu", shape: [0, 3]).bytes)
        try #expect(draw("relu.onnx", "roof.png", "--shape", "x=0x3").status == 0)
        try expectPicture("roof.png")
    }

    @Test func drawsTheSameWayOverAnOlderFile() throws {
        try bench.folder.write("roof.png", Array("old".utf8))
        try #expect(draw("none.onnx", "roof.png").status == 1)
        #expect(try bench.folder.text("roof.png") == "old")
        try #expect(draw("tiny.onnx", "roof.png", "--shape", "input=1x3x32x32").status == 0)
        try expectPicture("roof.png")
        #expect(try bench.folder.names == ["cells.png", "roof.png", "tiny.onnx"])
    }

    @Test(arguments: ["none/roof.png", ".", "roof.jpg", "tiny.onnx", "./tiny.onnx", "/dev/null"])
    func refusesTargetsThatCannotBeWritten(_ target: String) throws {
        let before = try bench.folder.names
        expectOneLine(try draw("tiny.onnx", target, "--shape", "input=1x3x32x32"))
        #expect(try bench.folder.names == before)
    }

    @Test func refusesOneFileForBoth() throws {
        let outcome = try draw("tiny.onnx", "both", "--json", "both")
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty)
    }

    private func draw(
        _ model: String, _ picture: String, _ arguments: String...
    ) throws -> Tool.Outcome {
        try Tool.iourun(
            ["bench", model, "--runs", "2", "--roofline", picture] + arguments,
            in: bench.folder.path)
    }

    /// A PNG file of the size that is promised.
    private func expectPicture(_ name: String) throws {
        let file = try Data(contentsOf: URL(fileURLWithPath: bench.folder.path(name)))
        #expect(file.starts(with: [0x89] + Array("PNG".utf8)))
        #expect(Array(file[16..<24]) == [0, 0, 6, 64, 0, 0, 3, 232])
    }
}
