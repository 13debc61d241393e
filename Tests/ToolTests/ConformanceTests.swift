import Foundation
import IoUTestSupport
import Testing

/// Cases of one Relu of [-1, 2, -3, 4, -5, 6], which gives [0, 2, 0, 4, 0, 6].
struct ConformanceTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private static let relu: [Float] = [0, 2, 0, 4, 0, 6]

    /// A case whose outputs are those expected of Relu.
    private func write(
        _ name: String, model: TinyONNX = .unary("Relu"), output: [Float] = relu
    ) throws {
        try folder.write("\(name)/model.onnx", model.bytes)
        try write([-1, 2, -3, 4, -5, 6], to: "\(name)/test_data_set_0/input_0.pb")
        try write(output, to: "\(name)/test_data_set_0/output_0.pb")
    }

    private func write(_ values: [Float], to file: String, shape: [Int] = [2, 3]) throws {
        let tensor = TinyONNX.Weight(name: "any", shape: shape, values: values)
        try folder.write(file, tensor.fileBytes)
    }

    private func run(_ arguments: String...) throws -> Tool.Outcome {
        try Tool.iourun(["conformance"] + arguments, in: folder.path)
    }

    @Test func tellsWhatBecameOfEveryCase() throws {
        try write("all/good")
        try write("all/below/bad", output: [0, 2, 0, 4, 0, 7])
        try write("all/new", model: .unary("Frobnicate"))
        let outcome = try run("all", "--json", "found.json")
        #expect(outcome.status == 1)
        #expect(outcome.errors == "")
        let lines = outcome.output.split(separator: "\n")
        try #require(lines.count == 4, "\(outcome.output)")
        #expect(
            lines[0].hasPrefix(
                "all/below/bad: fail: test_data_set_0: output 'y': element [1, 2]: "
                    + "expected 7.0, found 6.0; 1 of 6 differ, by up to 1.0 ("), "\(lines[0])")
        #expect(lines[1] == "all/good: pass")
        #expect(lines[2].hasPrefix("all/new: unsupported: "), "\(lines[2])")
        #expect(lines[2].contains("Frobnicate"))
        #expect(lines[3] == "1 passed, 1 failed, 1 unsupported")
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(folder.text("found.json").utf8))
                as? NSDictionary)
        let cases = try #require(report["cases"] as? [NSDictionary])
        #expect(cases.map { $0["result"] as? String } == ["fail", "pass", "unsupported"])
        #expect(cases[1]["operators"] as? [String] == ["Relu"])
        #expect(cases[1]["ulp"] as? Int == 0)
        #expect(cases[1]["why"] is NSNull)
        #expect(cases[2]["ulp"] is NSNull)
    }

    @Test func takesACaseItself() throws {
        try write("good")
        for options in [[], ["--no-optimize"], ["--threads", "3"]] {
            let outcome = try Tool.iourun(["conformance", "good"] + options, in: folder.path)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output == "good: pass\n1 passed, 0 failed, 0 unsupported\n")
        }
    }

    @Test func comparesAsONNXDoes() throws {
        try write("near", output: [5e-8, 2.001, -1e-7, 4, 0, 6.005])
        #expect(try run("near").status == 0)
        try write("far", output: [0, 2, 0, 4, 0, 6.01])
        #expect(try run("far").status == 1)
        try folder.write("far/data.json", Array(#"{"rtol": 0.002}"#.utf8))
        #expect(try run("far").status == 0)
        try folder.write("near/data.json", Array(#"{"atol": 0, "rtol": 0}"#.utf8))
        #expect(try run("near").status == 1)
        try folder.write("near/data.json", Array("[]".utf8))
        #expect(try run("near").output.contains("data.json"))
    }

    @Test func notNumbersAreAlikeAndNothingElse() throws {
        let roots: [Float] = [.nan, Float(2).squareRoot(), .nan, 2, .nan, Float(6).squareRoot()]
        try write("good", model: .unary("Sqrt"), output: roots)
        #expect(try run("good").status == 0)
        try write("bad", model: .unary("Sqrt"), output: roots.dropLast() + [.nan])
        #expect(try run("bad").output.contains("element [1, 2]: expected nan"))
        try write("bad", model: .unary("Sqrt"), output: roots.dropLast() + [.infinity])
        #expect(try run("bad").output.contains("expected inf"))
    }

    @Test func reportsAFolderWithoutCases() throws {
        try write("good")
        try folder.write("empty/readme.txt", [])
        let outcome = try run("empty", "good", "none")
        #expect(outcome.status == 1)
        #expect(outcome.output == "good: pass\n1 passed, 0 failed, 0 unsupported\n")
        #expect(outcome.errorLines.count == 2)
        #expect(outcome.errors.contains("'empty': expected a case"))
        #expect(outcome.errors.contains("'none'"))
    }

    @Test func malformedFilesFailTheirCaseOnly() throws {
        for name in ["empty", "short", "text", "long", "missing", "shape", "model", "number"] {
            try write("all/\(name)")
        }
        try write("all/whole")
        let input = "test_data_set_0/input_0.pb"
        try folder.write("all/empty/\(input)", [])
        let bytes = TinyONNX.Weight(name: "x", shape: [2, 3], values: Self.relu).fileBytes
        try folder.write("all/short/\(input)", Array(bytes.dropLast(3)))
        try folder.write("all/text/\(input)", Array("a text, and no tensor at all".utf8))
        try write([1, 2, 3, 4], to: "all/long/\(input)")
        try FileManager.default.removeItem(atPath: folder.path("all/missing/\(input)"))
        try write([1, 2, 3, 4, 5, 6], to: "all/shape/\(input)", shape: [3, 2])
        try folder.write("all/model/model.onnx", [0xFF, 0xFF])
        try write([1], to: "all/number/test_data_set_0/input_1.pb", shape: [])
        let outcome = try run("all")
        #expect(outcome.status == 1)
        #expect(outcome.errors == "")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 10)
        #expect(lines.filter { $0.contains(": fail: ") }.count == 8, "\(outcome.output)")
        #expect(outcome.output.contains("file is empty, where an ONNX tensor was expected"))
        #expect(outcome.output.contains("not an ONNX tensor: looks like text"))
        #expect(outcome.output.contains("expected 24 bytes, found 16"))
        #expect(outcome.output.contains("expected input files: 1, found 0"))
        #expect(lines.last == "1 passed, 8 failed, 0 unsupported")
    }

    @Test func aCaseWithoutDataFails() throws {
        try folder.write("bare/model.onnx", TinyONNX.unary("Relu").bytes)
        #expect(try run("bare").output.hasPrefix("bare: fail: expected a folder test_data_set_0"))
    }

    /// Element type, input of three elements as files have it, another, the last element of both.
    private static let smallTypes: [(type: Int, given: [UInt8], other: [UInt8], last: [String])] = [
        (16, [0x80, 0x3F, 0, 0, 0xC0, 0x7F], [0x80, 0x3F, 0, 0, 0x80, 0x7F], ["nan", "inf"]),
        (17, [0x38, 0x01, 0x7E], [0x38, 0x01, 0xFF], ["448.0", "nan"]),
        (18, [0x40, 0x01, 0x7F], [0x40, 0x01, 0x80], ["240.0", "nan"]),
        (19, [0x3C, 0x01, 0x7B], [0x3C, 0x01, 0xFC], ["57344.0", "-inf"]),
        (20, [0x40, 0x01, 0x7F], [0x40, 0x01, 0x80], ["57344.0", "nan"]),
        (21, [0x21, 0x0F], [0x21, 0x07], ["15", "7"]),
        (22, [0x21, 0x0F], [0x21, 0x07], ["-1", "7"]),
        (23, [0x21, 0x0F], [0x21, 0x07], ["-6.0", "6.0"]),
        (24, [0x7F, 0x00, 0x80], [0x7F, 0x00, 0xFF], ["2.0", "nan"]),
        (25, [0b11_10_01], [0b01_10_01], ["3", "1"]),
        (26, [0b11_10_01], [0b01_10_01], ["-1", "1"]),
    ]

    @Test(arguments: smallTypes)
    func smallTypesAreCompared(
        _ type: Int, _ given: [UInt8], _ other: [UInt8], _ last: [String]
    ) throws {
        let model = TinyONNX.unary("Identity", shape: [3], elementType: type)
        for (name, output) in [("good", given), ("bad", other)] {
            try folder.write("\(name)/model.onnx", model.bytes)
            for (file, bytes) in [("input_0", given), ("output_0", output)] {
                try folder.write(
                    "\(name)/test_data_set_0/\(file).pb",
                    TinyONNX.tensorFile(elementType: type, shape: [3], bytes: bytes))
            }
        }
        #expect(try run("good").status == 0)
        let outcome = try run("bad")
        #expect(outcome.status == 1)
        #expect(
            outcome.output.contains("element [2]: expected \(last[1]), found \(last[0]); 1 of 3"),
            "\(outcome.output)")
    }

    @Test func packedElementsThatAreTooFewFail() throws {
        let model = TinyONNX.unary("Identity", shape: [5], elementType: 22)
        try folder.write("few/model.onnx", model.bytes)
        for file in ["input_0", "output_0"] {
            try folder.write(
                "few/test_data_set_0/\(file).pb",
                TinyONNX.tensorFile(elementType: 22, shape: [5], bytes: [1, 2]))
        }
        let outcome = try run("few")
        #expect(outcome.status == 1)
        #expect(outcome.output.hasPrefix("few: fail: "), "\(outcome.output)")
    }

    @Test func typesThatAreNotHeldAreUnsupported() throws {
        try write("strings", model: .unary("Identity", elementType: 8))
        let outcome = try run("strings")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("strings: unsupported: input 'x': expected a tensor"))
    }

    @Test func limitsFailTheirCase() throws {
        let model = TinyONNX.unary("Relu", shape: [1024, 1024])
        try folder.write("large/model.onnx", model.bytes)
        let values = [Float](repeating: 1, count: 1 << 20)
        for name in ["input_0", "output_0"] {
            try write(values, to: "large/test_data_set_0/\(name).pb", shape: [1024, 1024])
        }
        #expect(try run("large").status == 0)
        let outcome = try run("large", "--max-memory", "1")
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("large: fail: "), "\(outcome.output)")
    }

    @Test func wrongUsageIsRefused() throws {
        for arguments in [[], ["x", "--timeout", "0"], ["x", "--max-memory", "0"]] {
            #expect(try Tool.iourun(["conformance"] + arguments, in: folder.path).status == 64)
        }
    }
}
