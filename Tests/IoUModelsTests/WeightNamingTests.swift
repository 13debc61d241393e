import IoUGraph
import Testing

@testable import IoUModels

@Suite("Names of weights")
struct WeightNamingTests {
    /// A file with one number in every tensor; shapes do not matter to names.
    private func file(_ names: [String]) throws -> WeightFile {
        let entries = names.enumerated().map { index, name in
            #""\#(name)":{"dtype":"F32","shape":[1],"data_offsets":[\#(index * 4),\#(index * 4 + 4)]}"#
        }
        let header = "{\(entries.joined(separator: ","))}"
        let data = names.indices.flatMap { index in
            withUnsafeBytes(of: Float(index).bitPattern.littleEndian) { Array($0) }
        }
        return try WeightFile(
            SafetensorsFile(Blob(SafetensorsTests.bytes(header, data)), path: "w"))
    }

    /// Names of each code base and the canonical ones.
    private static let pairs: [(WeightNaming, String, String)] = [
        (.torchvision, "backbone.body.conv1.weight", "backbone.conv1.weight"),
        (
            .torchvision, "backbone.body.layer2.0.downsample.1.running_var",
            "backbone.layer2.0.downsample.1.running_var"
        ),
        (
            .torchvision, "backbone.fpn.inner_blocks.1.0.bias",
            "neck.lateral_convs.1.conv.bias"
        ),
        (.torchvision, "backbone.fpn.inner_blocks.2.weight", "neck.lateral_convs.2.conv.weight"),
        (.torchvision, "backbone.fpn.layer_blocks.0.0.weight", "neck.fpn_convs.0.conv.weight"),
        (.torchvision, "backbone.fpn.extra_blocks.p7.bias", "neck.fpn_convs.4.conv.bias"),
        (
            .torchvision, "head.classification_head.conv.6.weight",
            "bbox_head.cls_convs.3.conv.weight"
        ),
        (
            .torchvision, "head.regression_head.conv.3.0.weight",
            "bbox_head.reg_convs.3.conv.weight"
        ),
        (
            .torchvision, "head.regression_head.conv.2.1.bias",
            "bbox_head.reg_convs.2.gn.bias"
        ),
        (
            .torchvision, "head.classification_head.cls_logits.weight",
            "bbox_head.retina_cls.weight"
        ),
        (.torchvision, "head.regression_head.bbox_reg.bias", "bbox_head.retina_reg.bias"),
        (.detectron2, "backbone.bottom_up.stem.conv1.weight", "backbone.conv1.weight"),
        (
            .detectron2, "backbone.bottom_up.stem.conv1.norm.running_mean",
            "backbone.bn1.running_mean"
        ),
        (
            .detectron2, "backbone.bottom_up.res4.5.conv3.norm.bias",
            "backbone.layer3.5.bn3.bias"
        ),
        (
            .detectron2, "backbone.bottom_up.res2.0.shortcut.weight",
            "backbone.layer1.0.downsample.0.weight"
        ),
        (
            .detectron2, "backbone.bottom_up.res2.0.shortcut.norm.weight",
            "backbone.layer1.0.downsample.1.weight"
        ),
        (.detectron2, "backbone.fpn_lateral5.bias", "neck.lateral_convs.2.conv.bias"),
        (.detectron2, "backbone.fpn_output3.weight", "neck.fpn_convs.0.conv.weight"),
        (.detectron2, "backbone.top_block.p6.weight", "neck.fpn_convs.3.conv.weight"),
        (.detectron2, "head.bbox_subnet.4.bias", "bbox_head.reg_convs.2.conv.bias"),
        (.detectron2, "head.cls_score.weight", "bbox_head.retina_cls.weight"),
        (.odtk, "backbones.ResNet50FPN.features.bn1.bias", "backbone.bn1.bias"),
        (.odtk, "backbones.ResNet50FPN.lateral4.weight", "neck.lateral_convs.1.conv.weight"),
        (.odtk, "backbones.ResNet50FPN.smooth5.weight", "neck.fpn_convs.2.conv.weight"),
        (.odtk, "backbones.ResNet50FPN.pyramid7.bias", "neck.fpn_convs.4.conv.bias"),
        (.odtk, "cls_head.8.bias", "bbox_head.retina_cls.bias"),
        (.odtk, "box_head.2.weight", "bbox_head.reg_convs.1.conv.weight"),
        (.mmdetection, "bbox_head.cls_convs.1.weight", "bbox_head.cls_convs.1.conv.weight"),
        (.mmdetection, "bbox_head.retina_iou.bias", "bbox_head.retina_iou.bias"),
    ]

    /// A name that only files of this origin have.
    private static let signs: [WeightNaming: String] = [
        .torchvision: "backbone.body.sign", .detectron2: "backbone.bottom_up.sign",
        .odtk: "backbones.ResNet50FPN.sign", .mmdetection: "bbox_head.sign",
    ]

    @Test(arguments: pairs)
    func namesOfOthersAreRead(
        _ naming: WeightNaming, _ name: String, _ canonical: String
    ) throws {
        for prefix in ["", "module."] {
            let file = try file([try #require(Self.signs[naming]), name].map { prefix + $0 })
            #expect(file.naming == naming)
            #expect(file.name(of: canonical) == name)
            let parameter = Parameter(name: canonical, shape: [1], start: .constant(0))
            let tensor = try file.tensor(parameter)
            #expect(tensor.name == canonical && tensor.floats == [1])
        }
    }

    @Test func whatMeansNothingIsLeftOut() throws {
        let file = try file([
            "backbone.bottom_up.res2.0.conv1.weight", "pixel_mean", "pixel_std",
            "anchor_generator.cell_anchors.0", "a.num_batches_tracked", "other",
        ])
        let parameter = Parameter(
            name: "backbone.layer1.0.conv1.weight", shape: [1], start: .constant(0))
        #expect(file.names(besides: [parameter]) == ["other"])
    }

    @Test func detectron2MayLeaveOutStatistics() throws {
        let file = try file(["backbone.bottom_up.stem.conv1.weight"])
        func parameter(_ role: String) -> Parameter {
            Parameter(name: "backbone.bn1.\(role)", shape: [2], start: .constant(0))
        }
        #expect(try file.tensor(parameter("running_mean")).floats == [0, 0])
        #expect(try file.tensor(parameter("running_var")).floats == [1, 1])
        #expect(throws: GraphError.self) { try file.tensor(parameter("weight")) }
    }

    @Test func oneNameTwiceIsRefused() {
        #expect(throws: GraphError.self) { try file(["a", "module.a"]) }
    }
}
