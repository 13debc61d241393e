import Foundation
import Testing

struct TensorsTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
        try bench.folder.write("relu.onnx", TinyONNX.unary("Relu", output: "a/y:0").bytes)
        try bench.folder.write("x.npy", Workbench.npy([-1, 2, -3, 4, -5, 6], shape: [2, 3]))
    }

    @Test func writesEveryOutputUnderASafeName() throws {
        let outcome = try run("--input", "x=x.npy")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: bench.folder.path("out/a_y_0.npy")))
        let numbers = [Float(0), 2, 0, 4, 0, 6].withUnsafeBytes { Array($0) }
        #expect(bytes.suffix(24) == Data(numbers))
        #expect(String(decoding: bytes.prefix(128), as: UTF8.self).contains("'shape': (2, 3)"))
        #expect(bytes.count == 128 + 24)
    }

    @Test func givesOutputsOfOneNameDifferentFiles() throws {
        var tiny = TinyONNX.unary("Relu", output: "a/b")
        tiny.nodes.append(
            TinyONNX.Node(type: "Relu", name: "other", inputs: ["x"], outputs: ["a_b"]))
        tiny.outputs.append(TinyONNX.Value(name: "a_b", shape: [2, 3]))
        try bench.folder.write("relu.onnx", tiny.bytes)
        #expect(try run("--input", "x=x.npy").status == 0)
        #expect(bench.folder.exists("out/a_b.npy"))
        #expect(bench.folder.exists("out/a_b_2.npy"))
    }

    @Test func refusesWrongInputs() throws {
        try bench.folder.write("long.npy", Workbench.npy([0, 0, 0], shape: [3, 1], type: "<i4"))
        try bench.folder.write("turned.npy", Workbench.npy([1, 2, 3, 4, 5, 6], shape: [3, 2]))
        try bench.folder.write("text.npy", Array("text".utf8))
        try expectOneLine(run(), "input 'x'")
        try expectOneLine(run("--input", "x=x.npy", "--input", "z=x.npy"), "input 'z'")
        try expectOneLine(run("--input", "x=long.npy"), "x", "float32", "int32")
        try expectOneLine(run("--input", "x=turned.npy"), "x", "2", "3")
        try expectOneLine(run("--input", "x=text.npy"), "text.npy")
        try expectOneLine(run("--input", "x=none.npy"), "none.npy")
        #expect(!bench.folder.exists("out/a_y_0.npy"))
    }

    @Test func refusesAFolderThatCannotBe() throws {
        let outcome = try bench.run(
            "tensors", "relu.onnx", "--input", "x=x.npy", "--output-dir", "x.npy")
        expectOneLine(outcome, "x.npy")
    }

    private func run(_ arguments: String...) throws -> Tool.Outcome {
        try Tool.iourun(
            ["tensors", "relu.onnx", "--output-dir", "out"] + arguments, in: bench.folder.path)
    }
}
