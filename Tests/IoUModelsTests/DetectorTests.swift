import IoUGraph
import Testing

@testable import IoUModels

@Suite("The detector's graph")
struct DetectorTests {
    private func detector(
        _ backbone: Backbone, _ change: (inout DetectorConfiguration) -> Void = { _ in }
    ) throws(GraphError) -> Detector {
        var configuration = DetectorConfiguration(backbone: backbone, labels: .coco)
        change(&configuration)
        return try Detector(configuration)
    }

    @Test func resnet50HasTheCanonicalParameters() throws {
        let shapes = Dictionary(
            uniqueKeysWithValues: try detector(.resnet50).parameters.map { ($0.name, $0.shape) })
        let expected: [String: [Int]] = [
            "backbone.conv1.weight": [64, 3, 7, 7], "backbone.bn1.running_var": [64],
            "backbone.layer1.0.conv1.weight": [64, 64, 1, 1],
            "backbone.layer1.0.downsample.0.weight": [256, 64, 1, 1],
            "backbone.layer2.0.conv2.weight": [128, 128, 3, 3],
            "backbone.layer3.5.conv3.weight": [1024, 256, 1, 1],
            "backbone.layer4.0.downsample.1.bias": [2048],
            "neck.lateral_convs.0.conv.weight": [256, 512, 1, 1],
            "neck.lateral_convs.2.conv.weight": [256, 2048, 1, 1],
            "neck.fpn_convs.2.conv.weight": [256, 256, 3, 3],
            "neck.fpn_convs.3.conv.weight": [256, 2048, 3, 3],
            "neck.fpn_convs.4.conv.bias": [256],
            "bbox_head.cls_convs.3.conv.weight": [256, 256, 3, 3],
            "bbox_head.reg_convs.0.conv.bias": [256],
            "bbox_head.retina_cls.weight": [720, 256, 3, 3], "bbox_head.retina_cls.bias": [720],
            "bbox_head.retina_reg.weight": [36, 256, 3, 3],
            "bbox_head.retina_iou.weight": [9, 256, 3, 3], "bbox_head.retina_iou.bias": [9],
        ]
        for (name, shape) in expected { #expect(shapes[name] == shape, "\(name)") }
        // 53 convolutions of the backbone with four numbers of batch normalization each, 8 of the
        // neck and 11 of the head with a bias.
        #expect(shapes.count == 53 * 5 + 19 * 2)
    }

    @Test func theIoUHeadCosts20745Parameters() throws {
        let learned = try detector(.resnet50).parameters.filter(\.isLearned)
        let plain = try detector(.resnet50) { $0.hasIoUHead = false }.parameters.filter(\.isLearned)
        func total(_ parameters: [Parameter]) -> Int { parameters.reduce(0) { $0 + $1.count } }
        #expect(total(learned) - total(plain) == 20745)
    }

    @Test func mobilenetHasTorchvisionsNames() throws {
        let names = Set(try detector(.mobilenetv2).parameters.map(\.name))
        for name in [
            "backbone.features.0.0.weight", "backbone.features.0.1.running_mean",
            "backbone.features.1.conv.0.0.weight", "backbone.features.1.conv.1.weight",
            "backbone.features.1.conv.2.bias", "backbone.features.17.conv.1.0.weight",
            "backbone.features.17.conv.3.running_var",
        ] { #expect(names.contains(name), "\(name)") }
        #expect(!names.contains { $0.hasPrefix("backbone.features.18") })
    }

    @Test(arguments: Backbone.allCases)
    func everyBackboneMakesAVerifiedModel(_ backbone: Backbone) throws {
        let model = try detector(backbone) { $0.pyramidChannels = 32 }
            .model(SeededWeights(seed: 1))
        try model.verify()
        #expect(model.graph.outputs.count == 15)
        #expect(try Model(decoding: model.encoded()) == model)
    }

    @Test func contradictionsAreRefused() {
        #expect(throws: GraphError.self) {
            try detector(.resnet18) { $0.network.bottleneckStride = .conv1x1 }
        }
        #expect(throws: GraphError.self) {
            try detector(.resnet18) {
                ($0.network.towerNorm, $0.pyramidChannels) = (.groupNorm, 48)
            }
        }
        let configuration = DetectorConfiguration(
            backbone: .resnet18, labels: .coco, convention: .torchvision)
        var graph = configuration
        graph.postprocess = .graph
        #expect(throws: Never.self) { try Detector(configuration) }
        #expect(throws: GraphError.self) { try Detector(graph) }
    }

    @Test func resnextHasThirtyTwoGroups() throws {
        let shapes = Dictionary(
            uniqueKeysWithValues: try detector(.resnext101).parameters.map { ($0.name, $0.shape) })
        #expect(shapes["backbone.layer1.0.conv1.weight"] == [128, 64, 1, 1])
        #expect(shapes["backbone.layer1.0.conv2.weight"] == [128, 4, 3, 3])
        #expect(shapes["backbone.layer3.22.conv2.weight"] == [512, 16, 3, 3])
        #expect(shapes["backbone.layer4.2.conv3.weight"] == [2048, 1024, 1, 1])
    }

    @Test func fixedInputHasFixedGrids() throws {
        let model = try detector(.mobilenetv2) {
            $0.inputSize = InputSize(height: 100, width: 640)
        }.model(SeededWeights(seed: 0))
        let shapes = model.graph.outputs.map { $0.type!.type.dimensions! }
        #expect(shapes[0] == ["batch", 13, 80, 720])
        #expect(shapes[4] == ["batch", 1, 5, 720])
        #expect(shapes[14] == ["batch", 1, 5, 9])
    }
}
