import Foundation
import IoUTestSupport
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

    @Test func writesAnOutputThatIsListedTwiceTwice() throws {
        var tiny = TinyONNX.unary("Relu")
        tiny.outputs += tiny.outputs
        try bench.folder.write("relu.onnx", tiny.bytes)
        #expect(try run("--input", "x=x.npy").status == 0)
        let files = try ["y.npy", "y_2.npy"].map {
            try Data(contentsOf: URL(fileURLWithPath: bench.folder.path("out/\($0)")))
        }
        #expect(files[0] == files[1])
        #expect(Array(files[0].suffix(4)) == [Float(6)].withUnsafeBytes { Array($0) })
    }

    @Test func takesAnInputThatHasADefault() throws {
        var tiny = TinyONNX.unary("Add")
        tiny.nodes[0].inputs = ["x", "w"]
        tiny.inputs.append(TinyONNX.Value(name: "w", shape: [3]))
        tiny.weights = [TinyONNX.Weight(name: "w", shape: [3], values: [1, 1, 1])]
        try bench.folder.write("relu.onnx", tiny.bytes)
        try bench.folder.write("w.npy", Workbench.npy([10, 20, 30], shape: [3]))
        for (arguments, last) in [([], 7), (["--input", "w=w.npy"], Float(36)), ([], 7)] {
            let outcome = try run(["--input", "x=x.npy"] + arguments)
            #expect(outcome.status == 0, "\(outcome.errors)")
            let path = bench.folder.path("out/y.npy")
            let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            #expect(Array(bytes.suffix(4)) == [last].withUnsafeBytes { Array($0) })
        }
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

    private func run(_ arguments: String...) throws -> Tool.Outcome { try run(arguments) }

    private func run(_ arguments: [String]) throws -> Tool.Outcome {
        try Tool.iourun(
            ["tensors", "relu.onnx", "--output-dir", "out"] + arguments, in: bench.folder.path)
    }
}
