import IoUGraph

/// The `iou.*` keys of a detector's file; `docs/metadata.md` defines them.
struct DetectorMetadata {
    let configuration: DetectorConfiguration
    let outputs: Head.Outputs

    /// Every key with its value, in the order of the documentation.
    var properties: [Property] {
        let inside =
            configuration.postprocess == .none
            ? maps + boxes + labels + classes + fusion + selection : detections + labels + inputs
        let all = [("version", "1")] + inside + input + preprocessing + network + training
        return all.map { Property("iou.\($0.0)", $0.1) }
    }

    private typealias Entries = [(String, String)]

    private var rules: ConventionRules { configuration.rules }
    private var hasIoU: Bool { configuration.hasIoUHead }

    private var maps: Entries {
        func names(_ features: [Feature]) -> String {
            features.map(\.value.name).joined(separator: "\n")
        }
        var entries = [
            ("outputs.cls", names(outputs.classes)),
            ("outputs.box", names(outputs.boxes)),
        ]
        if hasIoU { entries.append(("outputs.iou", names(outputs.ious))) }
        entries += [("outputs.layout", "nhwc"), ("outputs.cls.kind", "logit")]
        if hasIoU { entries.append(("outputs.iou.kind", "logit")) }
        return entries
    }

    /// Of a graph that ends in the final detections.
    private var detections: Entries {
        var entries = [("outputs.kind", "detections")]
        for name in ["boxes", "scores", "labels"] + (hasIoU ? ["ious"] : []) + ["counts"] {
            entries.append(("outputs.\(name)", name))
        }
        if hasIoU { entries.append(("alpha", MetadataText.number(configuration.alpha))) }
        return entries + [
            ("boxes.convention", rules.boxes),
            ("boxes.scale", rules.scale),
            ("detections.max", "\(configuration.maxDetections)"),
        ]
    }

    private var inputs: Entries {
        [
            ("input.sizes", DetectionGraph.sizesName),
            ("input.scales", DetectionGraph.scalesName),
        ]
    }

    private var boxes: Entries {
        let strides = MetadataText.list(Anchors.strides.map { Float($0) })
        let clamp = rules.clampSides.map { sides in
            [("coder.clamp", MetadataText.number(Anchors.clamp)), ("coder.clamp.sides", sides)]
        }
        return [
            ("boxes.convention", rules.boxes),
            ("strides", rules.stride ?? strides),
            ("anchors", anchors),
            ("coder.means", "0 0 0 0"),
            ("coder.stds", "1 1 1 1"),
        ] + (clamp ?? [("coder.clamp", "none")]) + [
            ("coder.half_pixel", rules.isHalfPixel ? "yes" : "no"),
            ("clip", rules.clip),
            ("clip.limit", rules.clipLimit),
            ("clip.when", rules.clipWhen),
            ("boxes.scale", rules.scale),
        ]
    }

    private var anchors: String {
        Anchors.strides.map { stride in
            let boxes = Anchors.base(
                stride: stride, configuration.convention, configuration.anchorOrder)
            return MetadataText.list(boxes.flatMap { [$0.x1, $0.y1, $0.x2, $0.y2] })
        }.joined(separator: "\n")
    }

    private var labels: Entries {
        let labels = configuration.labels
        var entries = [("labels", labels.names.joined(separator: "\n"))]
        if let ids = labels.ids {
            entries.append(("labels.ids", ids.map(String.init).joined(separator: " ")))
        }
        return entries
    }

    private var classes: Entries {
        let channels = configuration.classChannels
        var entries = [("classes.channels", "\(channels.count)")]
        switch channels.place {
        case .offset(let first): entries.append(("classes.offset", "\(first)"))
        case .list(let places):
            entries.append(("classes.list", places.map(String.init).joined(separator: " ")))
        }
        return entries
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
            ("topk", "\(CandidateGraph.count)"),
            ("topk.unit", rules.topkUnit),
            ("topk.when", rules.topkWhen),
            ("score.threshold", MetadataText.number(DetectionGraph.scoreThreshold)),
            ("score.compare", rules.scoreCompare),
            ("nms.threshold", MetadataText.number(DetectionGraph.overlapThreshold)),
            ("nms.compare", ">"),
            ("nms.classes", "separate"),
            ("nms.space", rules.nmsSpace),
            ("detections.max", "\(configuration.maxDetections)"),
        ]
    }

    private var input: Entries {
        func list(_ channels: [Float]) -> String {
            MetadataText.list(configuration.inputColor == .bgr ? channels.reversed() : channels)
        }
        return [
            ("input.name", Detector.inputName),
            ("input.layout", "nchw"),
            ("input.color", configuration.inputColor.rawValue),
            ("input.range", rules.range),
            ("input.mean", list(rules.mean)),
            ("input.std", list(rules.std)),
            ("input.order", rules.order),
        ]
    }

    private var preprocessing: Entries {
        let size = configuration.inputSize
        let sides = "\(rules.resize) \(configuration.shortSide) \(configuration.longSide)"
        return [
            ("input.resize", size.map { "fit \($0.height) \($0.width)" } ?? sides),
            ("input.resize.rounding", rules.rounding),
            ("input.resize.interpolation", "bilinear"),
            ("input.resize.antialias", rules.antialias),
            ("input.resize.precision", rules.precision),
            ("input.resize.step", "sizes"),
            ("input.pad", size == nil ? "multiple \(rules.padMultiple)" : "exact"),
            ("input.pad.side", "bottom-right"),
            ("input.pad.value", "0"),
            ("input.pad.when", "after-normalise"),
        ]
    }

    private var network: Entries {
        let options = configuration.network
        var entries = [
            ("network.backbone", configuration.backbone.rawValue),
            ("network.fpn_channels", "\(configuration.pyramidChannels)"),
            ("network.p6", options.p6.rawValue),
            ("network.relu_before_p7", options.hasReluBeforeP7 ? "yes" : "no"),
            ("network.bn_eps", MetadataText.number(options.normEpsilon)),
            ("network.tower_norm", options.towerNorm.rawValue),
        ]
        if configuration.backbone.hasBottlenecks {
            entries.append(("network.bottleneck_stride", options.bottleneckStride.rawValue))
        }
        return configuration.postprocess == .none ? entries : entries + graphConstants
    }

    /// What the graph's nodes have as constants.
    private var graphConstants: Entries {
        [
            ("network.score_threshold", MetadataText.number(DetectionGraph.scoreThreshold)),
            ("network.nms_threshold", MetadataText.number(DetectionGraph.overlapThreshold)),
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
