/// Which network the names and shapes of a file of weights are of.
struct WeightContents {
    /// The largest backbone whose every tensor is there.
    let backbone: Backbone?
    let classes: Int?
    let channels: Int?
    let hasIoUHead: Bool

    init(_ file: WeightFile, _ configuration: DetectorConfiguration) {
        let fitting = Backbone.allCases.compactMap { backbone in
            let parameters = Detector.parameters(of: backbone, configuration.network)
            let fits = parameters.allSatisfy { parameter in
                let shape = file.shape(parameter.name)
                return !parameter.isLearned || shape == parameter.fileShape
                    || shape == nil && file.neutral(parameter) != nil
            }
            return fits ? (backbone, parameters.count) : nil
        }
        backbone = fitting.max { $0.1 < $1.1 }?.0
        let outputs = file.shape("bbox_head.retina_cls.weight")?.first
        classes = outputs.flatMap { configuration.convention.classCount(of: $0 / Anchors.count) }
        channels = file.shape("neck.lateral_convs.0.conv.weight")?.first
        hasIoUHead = file.shape("bbox_head.retina_iou.weight") != nil
    }

    /// Nil where neither backbone nor head is known.
    var text: String? {
        guard backbone != nil || classes != nil else { return nil }
        let parts = [
            backbone.map(\.rawValue) ?? "an unknown backbone", classes.map { "\($0) classes" },
            channels.map { "\($0) channels" }, hasIoUHead ? nil : "no IoU head",
        ]
        return parts.compactMap { $0 }.joined(separator: ", ")
    }

    /// The options of `iouc export` that would make a configuration fit.
    func options(besides configuration: DetectorConfiguration) -> [String] {
        var options: [String] = []
        if let backbone, backbone != configuration.backbone {
            options.append("--backbone \(backbone.rawValue)")
        }
        if let classes, classes != configuration.labels.names.count {
            options.append("--classes \(classes)")
        }
        if let channels, channels != configuration.pyramidChannels {
            options.append("--fpn-channels \(channels)")
        }
        if classes != nil, !hasIoUHead, configuration.hasIoUHead {
            options.append("--no-iou-head")
        }
        return options
    }
}

extension Convention {
    /// How many classes so many channels of an anchor are of; nil for none.
    fileprivate func classCount(of channels: Int) -> Int? {
        guard self == .torchvision else { return channels > 0 ? channels : nil }
        let coco = classChannels(.coco).count
        return channels == coco ? Labels.coco.names.count : channels > 1 ? channels - 1 : nil
    }
}
