import CIoU
import CIoUTestSupport
import Testing

@Suite struct DetectorMetadataTests {
    @Test func readsEveryValue() throws {
        let detector = try DetectorUnderTest()
        let summary = detector.summary
        #expect(summary.levels == 2 && summary.anchors == 1 && summary.classes == 1)
        #expect(summary.topk == 1000 && summary.max_detections == 100)
        #expect(summary.alpha == 0.5 && summary.score_threshold == 0.05)
        #expect(detector.anchors == [-16, -16, 16, 16, -32, -32, 32, 32])
    }

    @Test func keepsTheBitsOfAnchors() throws {
        let text = "-22.627417 -11.313708 22.627417 11.313708"
        let detector = try DetectorUnderTest(["iou.anchors": "\(text)\n\(text)"])
        #expect(detector.anchors[..<2] == [-22.627417, -11.313708])
    }

    @Test(arguments: DetectorUnderTest.metadata.keys.filter { $0 != "iou.outputs.iou" })
    func namesAMissingKey(key: String) {
        #expect {
            try DetectorUnderTest(without: [key])
        } throws: { error in
            let refusal = error as? DetectorUnderTest.Refusal
            return refusal?.status == IOU_BAD_METADATA && refusal!.text.contains("'\(key)'")
        }
    }

    @Test(arguments: [
        ["iou.strides": "padded/map"], ["iou.clip": "padded"], ["iou.clip": "grid"],
        ["iou.clip.when": "after-nms"], ["iou.topk.unit": "pairs"], ["iou.fusion.order": "last"],
        ["iou.topk.when": "after-threshold"], ["iou.nms.classes": "together"],
        ["iou.fusion.power": "2"], ["iou.input.layout": "nhwc"],
        ["iou.input.order": "normalise-resize"], ["iou.input.resize.antialias": "yes"],
        ["iou.input.resize.precision": "8-bit"], ["iou.input.resize.factor": "single"],
        ["iou.input.resize": "short-then-long 800 1333"],
        ["iou.input.pad.when": "before-normalise"],
        ["iou.outputs.objectness": "o8\no16", "iou.outputs.objectness.kind": "logit"],
    ])
    func readsEveryConventionsWords(changes: [String: String]) throws {
        _ = try DetectorUnderTest(changes)
    }

    @Test(arguments: [
        ("iou.clip.when", ["iou.clip": "grid", "iou.clip.when": "after-nms"]),
        ("iou.classes.list", ["iou.classes.list": "1"]),
        ("iou.classes.offset", ["iou.classes.list": "0"]),
        ("iou.fusion.power", ["iou.fusion.power": "0"]),
        ("iou.outputs.objectness.kind", ["iou.outputs.objectness": "o8\no16"]),
        ("iou.outputs.objectness.kind", ["iou.outputs.objectness.kind": "logit"]),
        (
            "iou.input.order",
            ["iou.input.order": "normalise-resize", "iou.input.resize.precision": "8-bit"]
        ),
        (
            "iou.input.pad.when",
            ["iou.input.order": "normalise-resize", "iou.input.pad.when": "before-normalise"]
        ),
        ("iou.topk.unit", ["iou.topk.unit": "triples"]),
    ])
    func namesAContradictoryKey(key: String, changes: [String: String]) {
        let dropped = changes["iou.classes.list"] == "1" ? ["iou.classes.offset"] : []
        #expect {
            try DetectorUnderTest(changes, without: dropped)
        } throws: { error in
            let refusal = error as? DetectorUnderTest.Refusal
            return refusal?.status == IOU_BAD_METADATA && refusal!.text.contains("'\(key)'")
        }
    }

    @Test(arguments: [
        ("iou.alpah", "iou.alpha", ["iou.alpha"]), ("iou.nms.compar", "iou.nms.compare", []),
        ("iou.input.colour", "iou.input.color", ["iou.input.color"]),
        ("iou.score.treshold", "iou.score.threshold", ["iou.score.threshold"]),
        ("iou.nmsthreshold", "iou.nms.threshold", []),
    ])
    func namesTheNearestOfAnUnknownKey(key: String, nearest: String, without: [String]) {
        #expect {
            try DetectorUnderTest([key: "1"], without: without)
        } throws: { error in
            let refusal = error as? DetectorUnderTest.Refusal
            return refusal?.status == IOU_BAD_METADATA
                && refusal!.text.hasPrefix("metadata key '\(key)': unknown; ")
                && refusal!.text.hasSuffix("'\(nearest)'")
        }
    }

    @Test(arguments: [
        ("1e-05", Float(1e-05)), ("-0.25", -0.25), ("3.4028235e38", Float.greatestFiniteMagnitude),
        ("0.1", 0.1), ("16777216", 16_777_216),
    ])
    func readsNumbers(text: String, expected: Float) {
        var value: Float = 0
        #expect(iou_test_number(text, &value) && value == expected)
    }

    @Test(arguments: [
        "", "-", "+1", "1,5", "1.", ".5", "1e", "1E5", "inf", "nan", "0x1", "1 ", "4e38",
    ])
    func refusesWhatIsNoNumber(text: String) {
        var value: Float = 0
        #expect(!iou_test_number(text, &value))
    }
}
