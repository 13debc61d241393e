import IoUGraph
import Testing

@testable import IoUModels

@Suite("Detector metadata")
struct MetadataTests {
    private func metadata(
        _ change: (inout DetectorConfiguration) -> Void = { _ in }
    ) throws -> [String: String] {
        let labels = try Labels(["red cell", "platelet"])
        var configuration = DetectorConfiguration(backbone: .mobilenetv2, labels: labels)
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
        let legacy = try metadata { $0.convention = .legacy }
        let edges = try metadata()
        #expect(legacy["iou.boxes.convention"] == "inclusive")
        #expect(legacy["iou.coder.half_pixel"] == "yes")
        #expect(legacy["iou.clip.limit"] == "last-pixel")
        #expect(legacy["iou.anchors"]?.hasPrefix("-19 -7 26 14 -25 -10 32 17 ") == true)
        #expect(edges["iou.boxes.convention"] == "edges")
        #expect(edges["iou.anchors"]?.hasPrefix("-22.627417 -11.313708 22.627417 ") == true)
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
