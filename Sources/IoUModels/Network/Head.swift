import IoUGraph

/// The head: a tower for classes, one for boxes, shared by all levels; the predicted IoU sits on
/// the box tower, one logit an anchor (docs/detector.md, "Head").
struct Head {
    let anchors: Int
    let classes: Int
    let hasIoU: Bool
    let norm: NetworkOptions.TowerNorm

    /// Names of the outputs, level after level.
    struct Outputs {
        var classes: [Feature] = []
        var boxes: [Feature] = []
        var ious: [Feature] = []
    }

    /// Towers start at N(0, 0.01) and classes at probability 0.01 (docs/detector.md, "Head").
    private static let start = Parameter.Start.normal(deviation: 0.01)
    private static let classBias = Parameter.Start.constant(-4.59512)

    func build(_ network: inout NetworkBuilder, _ levels: [Feature]) -> Outputs {
        var outputs = Outputs()
        for (index, level) in levels.enumerated() {
            let name = "p\(index + 3)"
            let classTower = tower(&network, level, "bbox_head.cls_convs", name)
            let boxTower = tower(&network, level, "bbox_head.reg_convs", name)
            let cls = predictor(
                "cls", channels: anchors * classes, output: "cls_logits.\(name)")
            let box = predictor("reg", channels: anchors * 4, output: "box_deltas.\(name)")
            outputs.classes.append(
                cls.build(&network, classTower, name, bias: Self.classBias))
            outputs.boxes.append(box.build(&network, boxTower, name, bias: .constant(0)))
            if hasIoU {
                let iou = predictor("iou", channels: anchors, output: "iou_logits.\(name)")
                outputs.ious.append(iou.build(&network, boxTower, name, bias: .constant(0)))
            }
        }
        return outputs
    }

    private func tower(
        _ network: inout NetworkBuilder, _ input: Feature, _ path: String, _ level: String
    ) -> Feature {
        (0..<4).reduce(input) { feature, index in
            let path = "\(path).\(index)"
            var x = network.conv(
                feature, ConvShape(outputs: feature.channels, kernel: 3), "\(path).conv",
                node: "\(path).conv.\(level)", start: Self.start,
                bias: norm == .none ? .constant(0) : nil)
            if norm == .groupNorm {
                x = network.groupNorm(
                    x, groups: NetworkOptions.TowerNorm.groups, "\(path).gn",
                    node: "\(path).gn.\(level)")
            }
            return network.relu(x, "\(path).relu.\(level)")
        }
    }

    private func predictor(_ kind: String, channels: Int, output: String) -> Predictor {
        Predictor(path: "bbox_head.retina_\(kind)", channels: channels, output: output)
    }

    /// The last convolution, then channels last: [N, H, W, channels].
    private struct Predictor {
        let path: String
        let channels: Int
        let output: String

        func build(
            _ network: inout NetworkBuilder, _ input: Feature, _ level: String,
            bias: Parameter.Start
        ) -> Feature {
            let map = network.conv(
                input, ConvShape(outputs: channels, kernel: 3), path, node: "\(path).\(level)",
                start: Head.start, bias: bias)
            let value = network.graph.transpose(
                map.value, order: [0, 2, 3, 1], name: "\(path).\(level).nhwc", output: output)
            return Feature(value: value, channels: channels)
        }
    }
}
