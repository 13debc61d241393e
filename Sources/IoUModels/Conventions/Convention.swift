/// Whose conventions a detector's weights follow: anchors, boxes, selection and pictures
/// (docs/detector.md, "Origins").
public enum Convention: String, CaseIterable, Sendable {
    /// The authors' code and MMDetection 1: a box contains its last pixel.
    case legacy
    /// MMDetection 2's anchors and boxes with the authors' selection.
    case edges
    /// Strides by division, class channels with holes.
    case torchvision
    /// Blue first, Pillow's resizing, boxes clipped last.
    case detectron2
    /// NVIDIA's retinanet-examples.
    case odtk
    /// MMDetection 2 and 3 in everything.
    case mmdetection

    /// The network that its models have (docs/detector.md, "What differs between code bases").
    public var network: NetworkOptions {
        var options = NetworkOptions()
        switch self {
        case .legacy, .edges, .mmdetection: break
        case .torchvision: (options.p6, options.hasReluBeforeP7) = (.p5, true)
        case .detectron2: (options.bottleneckStride, options.hasReluBeforeP7) = (.conv1x1, true)
        case .odtk: options.hasReluBeforeP7 = true
        }
        return options
    }

    /// The order of a picture's channels.
    public var inputColor: InputColor { self == .detectron2 ? .bgr : .rgb }

    /// The order of a cell's anchors among the channels.
    public var anchorOrder: AnchorOrder {
        switch self {
        case .legacy, .edges, .torchvision, .mmdetection: .ratioOuter
        case .detectron2: .sizeOuter
        case .odtk: .sizeOuterWideLast
        }
    }

    /// Detections of one picture.
    public var maxDetections: Int { self == .torchvision ? 300 : 100 }

    /// How classes are arranged among the channels.
    func classChannels(_ labels: Labels) -> ClassChannels {
        let count = labels.names.count
        guard self == .torchvision else { return ClassChannels(count: count, place: .offset(0)) }
        if let ids = labels.ids { return ClassChannels(count: 91, place: .list(ids)) }
        return ClassChannels(count: count + 1, place: .offset(1))
    }
}

/// The order of a picture's channels.
public enum InputColor: String, CaseIterable, Sendable {
    case rgb
    case bgr
}

/// The class channels of an anchor.
struct ClassChannels {
    /// Where the labels' channels are.
    enum Place {
        /// One after the other from this one on.
        case offset(Int)
        /// Torchvision's category numbers, which have holes.
        case list([Int])
    }

    let count: Int
    let place: Place
}
