import Foundation
import IoUTestSupport
import Testing

/// `iouc inspect`
struct InspectTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func report(_ arguments: String...) throws -> NSDictionary {
        let outcome = try Tool.iouc(
            ["inspect", "m.onnx", "--json"] + arguments, in: folder.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        return try #require(object as? NSDictionary)
    }

    @Test func saysWhatADetectorHolds() throws {
        try folder.write("m.onnx", TinyDetector.model().bytes)
        let report = try report("--shape", "input=2x3x64x96")
        let file = try #require(report["file"] as? NSDictionary)
        #expect(file["ir_version"] as? Int == 8)
        #expect(file["operator_sets"] as? [String: Int] == ["ai.onnx": 17])
        #expect(file["nodes"] as? Int == 3)
        let inputs = try #require(report["inputs"] as? [NSDictionary])
        #expect(inputs == [["name": "input", "type": "float32", "shape": ["D0", 3, "D2", "D3"]]])
        let operators = try #require(report["operators"] as? [NSDictionary])
        #expect(operators.count == 1)
        // 6 cells a picture of 2 pictures; 3 channels to 2 + 4 + 1.
        #expect(operators[0]["multiply_adds"] as? Int == 2 * 6 * 3 * 7)
        let parameters = try #require(report["parameters"] as? NSDictionary)
        #expect(parameters["count"] as? Int == 7 * 3 + 7)
        #expect(parameters["bytes"] as? Int == 4 * (7 * 3 + 7))
        let detector = try #require(report["detector"] as? NSDictionary)
        #expect(detector["problem"] == nil)
        #expect(detector["levels"] as? Int == 1)
        #expect(detector["anchors_per_cell"] as? Int == 1)
        #expect(detector["labels"] as? [String] == ["red", "green"])
        #expect(detector["alpha"] as? Double == 0.5)
    }

    @Test func asksForShapesThatNobodyKnows() throws {
        try folder.write("m.onnx", TinyDetector.model().bytes)
        let cost = try #require(try report()["cost"] as? NSDictionary)
        #expect(cost["plan"] is NSNull)
        #expect((cost["unknown"] as? String)?.contains("--shape input=") == true)
        let text = try Tool.iouc("inspect", "m.onnx", in: folder.path)
        #expect(text.output.contains("unknown: input 'input'"))
        for shape in ["nothing=1x2", "input=1x4x32x32", "input=1x3"] {
            let outcome = try Tool.iouc("inspect", "m.onnx", "--shape", shape, in: folder.path)
            expectOneLine(outcome, "nput")
        }
    }

    @Test func metadataGivesANominalShape() throws {
        let model = TinyDetector.model(changing: ["iou.input.resize": "short-long 100 150"])
        try folder.write("m.onnx", model.bytes)
        let cost = try #require(try report()["cost"] as? NSDictionary)
        #expect(cost["nominal"] as? Bool == true)
        #expect(cost["shapes"] as? [String: [Int]] == ["input": [1, 3, 128, 160]])
    }

    @Test func showsModelsThatCannotRun() throws {
        var model = TinyONNX.unary("Relu")
        model.nodes[0].type = "Frobnicate"
        try folder.write("m.onnx", model.bytes)
        let report = try report()
        let lacking = try #require(report["lacking"] as? [NSDictionary])
        #expect(lacking == [["type": "Frobnicate", "domain": "ai.onnx", "nodes": ["only"]]])
        #expect(report["detector"] is NSNull)
        let text = try Tool.iouc("inspect", "m.onnx", in: folder.path)
        #expect(text.status == 0)
        #expect(text.output.contains("Frobnicate"))
    }

    @Test func aRefusedDetectorSaysWhy() throws {
        let unreadable = TinyDetector.model(
            changing: ["iou.input.color": "gbr", "iou.training.data": "cells"])
        try folder.write("m.onnx", unreadable.bytes)
        let refused = try #require(try report()["detector"] as? NSDictionary)
        #expect(Set(refused.allKeys.compactMap { $0 as? String }) == ["problem", "notes"])
        #expect((refused["problem"] as? String)?.contains("iou.input.color") == true)
        #expect(refused["notes"] as? [String: String] == ["training.data": "cells"])
        var lacking = TinyDetector.model(changing: ["iou.input.mean": "1.5 0.0 -2.0"])
        lacking.nodes[0].type = "Frobnicate"
        try folder.write("m.onnx", lacking.bytes)
        let known = try #require(try report()["detector"] as? NSDictionary)
        #expect((known["problem"] as? String)?.contains("Frobnicate") == true)
        #expect(known["labels"] as? [String] == ["red", "green"])
        #expect(known["strides"] as? String == "32" && known["boxes"] as? String == "edges")
        let input = try #require(known["input"] as? [String: String])
        #expect(input["mean"] == "1.5 0 -2" && input["pad"] == "multiple 32")
    }

    /// Products of a convolution with a square kernel.
    private static func conv(
        _ height: Int, _ width: Int, _ ins: Int, _ outs: Int, _ kernel: Int
    ) -> Int {
        height * width * ins * outs * kernel * kernel
    }

    /// Products of the detector on a ResNet, from the layers' shapes as the papers have them; the
    /// input's sides are multiples of 32.
    private static func products(
        blocks: [Int], isDeep: Bool, _ height: Int, _ width: Int, classes: Int
    ) -> Int {
        var sum = conv(height / 2, width / 2, 3, 64, 7)
        var channels = 64
        for (stage, count) in blocks.enumerated() {
            let (h, w) = (height >> (stage + 2), width >> (stage + 2))
            let inner = 64 << stage
            let outer = isDeep ? inner * 4 : inner
            for block in 0..<count {
                // The stride is in the 3x3, so that the 1x1 before it sees the larger map.
                let large = block == 0 && stage > 0 ? 4 : 1
                sum +=
                    isDeep
                    ? large * conv(h, w, channels, inner, 1) + conv(h, w, inner, inner, 3)
                        + conv(h, w, inner, outer, 1)
                    : conv(h, w, channels, inner, 3) + conv(h, w, inner, inner, 3)
                if block == 0, channels != outer { sum += conv(h, w, channels, outer, 1) }
                channels = outer
            }
        }
        for level in 3...5 {
            let (h, w) = (height >> level, width >> level)
            sum += conv(h, w, channels >> (5 - level), 256, 1) + conv(h, w, 256, 256, 3)
        }
        for level in 3...7 {
            let cell = 1 << level
            let (h, w) = ((height + cell - 1) / cell, (width + cell - 1) / cell)
            if level > 5 { sum += conv(h, w, level == 6 ? channels : 256, 256, 3) }
            sum += 8 * conv(h, w, 256, 256, 3) + conv(h, w, 256, 9 * (classes + 5), 3)
        }
        return sum
    }

    @Test(arguments: [("resnet18", [2, 2, 2, 2], false), ("resnet50", [3, 4, 6, 3], true)])
    func multiplyAddsAreThoseOfTheLayers(
        _ backbone: String, _ blocks: [Int], _ isDeep: Bool
    ) throws {
        let export = try Tool.iouc(
            "export", "m.onnx", "--backbone", backbone, "--classes", "5", in: folder.path)
        #expect(export.status == 0, "\(export.errors)")
        let report = try report("--shape", "images=1x3x224x320")
        let plan = try #require((report["cost"] as? NSDictionary)?["plan"] as? NSDictionary)
        let expected = Self.products(blocks: blocks, isDeep: isDeep, 224, 320, classes: 5)
        #expect(plan["multiply_adds"] as? Int == expected)
        let operators = try #require(report["operators"] as? [NSDictionary])
        let conv = operators.first { $0["type"] as? String == "Conv" }
        #expect(conv?["multiply_adds"] as? Int == expected)
        #expect((plan["intermediate_bytes"] as? Int ?? 0) > 1 << 20)
    }
}
