import IoUGraph
import Testing

@testable import IoUModels

@Suite("Detector metadata")
struct MetadataTests {
    private func metadata(
        _ convention: Convention = .edges, labels: Labels? = nil,
        _ change: (inout DetectorConfiguration) -> Void = { _ in }
    ) throws -> [String: String] {
        let labels = try labels ?? Labels(["red cell", "platelet"])
        var configuration = DetectorConfiguration(
            backbone: .mobilenetv2, labels: labels, convention: convention)
        configuration.pyramidChannels = 8
        change(&configuration)
        let model = try Detector(configuration).model(SeededWeights(seed: 0))
        return Dictionary(uniqueKeysWithValues: model.metadata.map { ($0.key, $0.value) })
    }

    /// Every key of docs/metadata.md that is required of a detector with an IoU head.
    private static let required = [
        "version", "outputs.cls", "outputs.box", "outputs.iou", "outputs.layout",
        "outputs.cls.kind", "outputs.iou.kind", "boxes.convention", "strides", "anchors",
        "coder.means", "coder.stds", "coder.clamp", "coder.clamp.sides", "coder.half_pixel",
        "clip", "clip.limit", "clip.when", "boxes.scale", "labels", "classes.channels",
        "classes.offset", "alpha", "fusion.order", "topk", "topk.unit", "topk.when",
        "score.threshold", "score.compare", "nms.threshold", "nms.compare", "nms.classes",
        "nms.space", "detections.max", "input.name", "input.layout", "input.color",
        "input.range", "input.mean", "input.std", "input.order", "input.resize",
        "input.resize.rounding", "input.resize.interpolation", "input.resize.antialias",
        "input.resize.precision", "input.resize.step", "input.pad", "input.pad.side",
        "input.pad.value", "input.pad.when",
    ]

    @Test func exactlyTheKeysOfTheDocumentationAreThere() throws {
        let keys = try metadata().keys.filter { !$0.hasPrefix("iou.network.") }
        #expect(Set(keys) == Set(Self.required.map { "iou.\($0)" }))
    }

    @Test func plainRetinaNetHasNoFusion() throws {
        let keys = Set(try metadata { $0.hasIoUHead = false }.keys)
        let fusion = ["outputs.iou", "outputs.iou.kind", "alpha", "fusion.order"]
        #expect(keys.isDisjoint(with: fusion.map { "iou.\($0)" }))
    }

    @Test func conventionsDiffer() throws {
        let legacy = try metadata(.legacy)
        let edges = try metadata()
        #expect(legacy["iou.boxes.convention"] == "inclusive")
        #expect(legacy["iou.coder.half_pixel"] == "yes")
        #expect(legacy["iou.clip.limit"] == "last-pixel")
        #expect(legacy["iou.input.resize.precision"] == "8-bit")
        #expect(legacy["iou.anchors"]?.hasPrefix("-19 -7 26 14 -25 -10 32 17 ") == true)
        #expect(edges["iou.boxes.convention"] == "edges")
        #expect(edges["iou.anchors"]?.hasPrefix("-22.627417 -11.313708 22.627417 ") == true)
    }

    /// The columns of the documentation's table where they differ from the default's.
    @Test(
        arguments: [
            (
                .mmdetection,
                [
                    "boxes.scale": "sizes", "topk.unit": "pairs", "topk.when": "after-threshold",
                    "input.resize.precision": "8-bit",
                ]
            ),
            (
                .torchvision,
                [
                    "strides": "padded/map", "coder.clamp.sides": "upper", "boxes.scale": "sizes",
                    "topk.unit": "pairs", "topk.when": "after-threshold", "nms.space": "network",
                    "detections.max": "300", "input.range": "1",
                    "input.mean": "0.485 0.456 0.406", "input.std": "0.229 0.224 0.225",
                    "input.order": "normalise-resize", "input.resize.rounding": "floor",
                    "classes.channels": "3", "classes.offset": "1", "network.p6": "p5",
                    "network.relu_before_p7": "yes",
                ]
            ),
            (
                .detectron2,
                [
                    "coder.clamp.sides": "upper", "clip.when": "after-nms", "boxes.scale": "sizes",
                    "topk.unit": "pairs", "topk.when": "after-threshold", "nms.space": "network",
                    "input.color": "bgr", "input.mean": "103.53 116.28 123.675",
                    "input.std": "1 1 1", "input.resize": "short-then-long 800 1333",
                    "input.resize.antialias": "yes", "input.resize.precision": "8-bit",
                    "network.relu_before_p7": "yes",
                ]
            ),
            (
                .odtk,
                [
                    "boxes.convention": "inclusive", "strides": "padded/map", "coder.clamp": "none",
                    "coder.half_pixel": "yes", "clip": "grid", "clip.limit": "last-pixel",
                    "topk.unit": "pairs", "topk.when": "after-threshold", "score.compare": ">=",
                    "nms.space": "network", "input.range": "1",
                    "input.mean": "0.485 0.456 0.406", "input.std": "0.229 0.224 0.225",
                    "input.resize.rounding": "floor", "input.resize.antialias": "yes",
                    "input.resize.precision": "8-bit", "input.pad": "multiple 128",
                    "network.relu_before_p7": "yes",
                ]
            ),
        ] as [(Convention, [String: String])])
    func originsDiffer(_ convention: Convention, _ differences: [String: String]) throws {
        let found = try metadata(convention)
        let edges = try metadata()
        for (key, value) in edges where key != "iou.anchors" {
            let expected = differences[String(key.dropFirst(4))] ?? value
            let isLeftOut = key == "iou.coder.clamp.sides" && convention == .odtk
            #expect(found[key] == (isLeftOut ? nil : expected), "\(key)")
        }
        #expect(Set(found.keys).isSubset(of: edges.keys))
    }

    @Test func torchvisionsClassesHaveHoles() throws {
        let found = try metadata(.torchvision, labels: .coco)
        #expect(found["iou.classes.channels"] == "91")
        #expect(found["iou.classes.list"]?.hasPrefix("1 2 3 4 5 6 7 8 9 10 11 13 14 ") == true)
        #expect(found["iou.classes.list"] == found["iou.labels.ids"])
        #expect(found["iou.classes.offset"] == nil)
    }

    @Test func optionsOverrideTheConvention() throws {
        let found = try metadata(.detectron2) {
            $0.inputColor = .rgb
            $0.network.hasReluBeforeP7 = false
            $0.maxDetections = 7
        }
        #expect(found["iou.input.mean"] == "123.675 116.28 103.53")
        #expect(found["iou.network.relu_before_p7"] == "no")
        #expect(found["iou.detections.max"] == "7")
    }

    @Test func graphsReportDetections() throws {
        let found = try metadata { $0.postprocess = .graph }
        #expect(found["iou.outputs.kind"] == "detections")
        #expect(found["iou.outputs.ious"] == "ious")
        #expect(found["iou.input.sizes"] == "image_sizes")
        #expect(found["iou.anchors"] == nil && found["iou.topk"] == nil)
        let plain = try metadata { ($0.postprocess, $0.hasIoUHead) = (.graph, false) }
        #expect(plain["iou.outputs.ious"] == nil)
    }

    @Test func listsHaveOneItemForEachLevel() throws {
        let metadata = try metadata()
        #expect(metadata["iou.labels"] == "red cell\nplatelet")
        #expect(metadata["iou.outputs.iou"]?.split(separator: "\n").count == 5)
        let lines = try #require(metadata["iou.anchors"]).split(separator: "\n")
        #expect(lines.map { $0.split(separator: " ").count } == [36, 36, 36, 36, 36])
    }

    @Test func fixedInputFitsAndPadsExactly() throws {
        let fixed = try metadata { $0.inputSize = InputSize(height: 480, width: 640) }
        #expect(fixed["iou.input.resize"] == "fit 480 640")
        #expect(fixed["iou.input.pad"] == "exact")
        let free = try metadata { ($0.shortSide, $0.longSide) = (600, 1000) }
        #expect(free["iou.input.resize"] == "short-long 600 1000")
        #expect(free["iou.input.pad"] == "multiple 32")
    }

    @Test(
        arguments: [
            (0.5, "0.5"), (1, "1"), (-19, "-19"), (1e-5, "1e-05"), (22.627417, "22.627417"),
            (0.1, "0.1"), (16_777_216, "16777216"), (3e20, "3e+20"),
        ] as [(Float, String)])
    func numbersComeBack(_ value: Float, _ text: String) {
        #expect(MetadataText.number(value) == text)
        #expect(Float(text) == value)
    }
}
