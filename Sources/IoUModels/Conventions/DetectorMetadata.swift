import IoUGraph

/// The `iou.*` keys of a detector's file; `docs/metadata.md` defines them.
struct DetectorMetadata {
    let configuration: DetectorConfiguration
    let outputs: Head.Outputs

    /// Every key with its value, in the order of the documentation.
    var properties: [Property] {
        let groups = [
            version, boxes, classes, fusion, selection, input, preprocessing, network, training,
        ]
        return groups.flatMap { $0 }.map { Property("iou.\($0.0)", $0.1) }
    }

    private typealias Entries = [(String, String)]

    private var isLegacy: Bool { configuration.convention == .legacy }
    private var hasIoU: Bool { configuration.hasIoUHead }

    private var version: Entries {
        func names(_ features: [Feature]) -> String {
            features.map(\.value.name).joined(separator: "\n")
        }
        var entries = [
            ("version", "1"),
            ("outputs.cls", names(outputs.classes)),
            ("outputs.box", names(outputs.boxes)),
        ]
        if hasIoU { entries.append(("outputs.iou", names(outputs.ious))) }
        entries += [("outputs.layout", "nhwc"), ("outputs.cls.kind", "logit")]
        if hasIoU { entries.append(("outputs.iou.kind", "logit")) }
        return entries
    }

    private var boxes: Entries {
        [
            ("boxes.convention", isLegacy ? "inclusive" : "edges"),
            ("strides", MetadataText.list(Anchors.strides.map { Float($0) })),
            ("anchors", anchors),
            ("coder.means", "0 0 0 0"),
            ("coder.stds", "1 1 1 1"),
            // |ln(16 / 1000)|
            ("coder.clamp", MetadataText.number(4.135166556742356)),
            ("coder.clamp.sides", "both"),
            ("coder.half_pixel", isLegacy ? "yes" : "no"),
            ("clip", "image"),
            ("clip.limit", isLegacy ? "last-pixel" : "size"),
            ("clip.when", "before-nms"),
            ("boxes.scale", "factor"),
        ]
    }

    private var anchors: String {
        Anchors.strides.map { stride in
            let boxes = Anchors.base(stride: stride, configuration.convention)
            return MetadataText.list(boxes.flatMap { [$0.x1, $0.y1, $0.x2, $0.y2] })
        }.joined(separator: "\n")
    }

    private var classes: Entries {
        let labels = configuration.labels
        var entries = [("labels", labels.names.joined(separator: "\n"))]
        if let ids = labels.ids {
            entries.append(("labels.ids", ids.map(String.init).joined(separator: " ")))
        }
        return entries + [
            ("classes.channels", "\(labels.names.count)"),
            ("classes.offset", "0"),
        ]
    }

    private var fusion: Entries {
        guard hasIoU else { return [] }
        return [
            ("alpha", MetadataText.number(configuration.alpha)),
            ("fusion.order", "first"),
        ]
    }

    private var selection: Entries {
        [
            ("topk", "1000"),
            ("topk.unit", "anchors"),
            ("topk.when", "before-threshold"),
            ("score.threshold", "0.05"),
            ("score.compare", ">"),
            ("nms.threshold", "0.5"),
            ("nms.compare", ">"),
            ("nms.classes", "separate"),
            ("nms.space", "picture"),
            ("detections.max", "100"),
        ]
    }

    private var input: Entries {
        [
            ("input.name", Detector.inputName),
            ("input.layout", "nchw"),
            ("input.color", "rgb"),
            ("input.range", "255"),
            ("input.mean", "123.675 116.28 103.53"),
            ("input.std", "58.395 57.12 57.375"),
            ("input.order", "resize-normalise"),
        ]
    }

    private var preprocessing: Entries {
        let size = configuration.inputSize
        let sides = "short-long \(configuration.shortSide) \(configuration.longSide)"
        return [
            ("input.resize", size.map { "fit \($0.height) \($0.width)" } ?? sides),
            ("input.resize.rounding", "half-up"),
            ("input.resize.interpolation", "bilinear"),
            ("input.resize.antialias", "no"),
            ("input.resize.precision", "float"),
            ("input.resize.step", "sizes"),
            ("input.pad", size == nil ? "multiple 32" : "exact"),
            ("input.pad.side", "bottom-right"),
            ("input.pad.value", "0"),
            ("input.pad.when", "after-normalise"),
        ]
    }

    private var network: Entries {
        [
            ("network.backbone", configuration.backbone.rawValue),
            ("network.fpn_channels", "\(configuration.pyramidChannels)"),
            ("network.p6", "c5"),
            ("network.relu_before_p7", "no"),
            ("network.bn_eps", "1e-05"),
            ("network.tower_norm", "none"),
        ]
    }

    private var training: Entries {
        configuration.trainingNotes.map { ("training.\($0.key)", $0.text) }
    }
}

/// Numbers as the metadata's grammar has them, whatever the locale.
enum MetadataText {
    /// The shortest text that brings the same float back.
    static func number(_ value: Float) -> String {
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    static func list(_ values: [Float]) -> String {
        values.map(number).joined(separator: " ")
    }
}
