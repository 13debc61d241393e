/// A detector of one convolution a map, whose results can be told in the head.
///
/// The input is divided into cells of 32 pixels, each with one anchor that covers it. A cell whose
/// upper left pixel is red holds "red" with logit 4, one with green "green" with logit 2; every
/// other logit is -4. The predicted IoU is sigmoid(0) = 0.5, and boxes are their anchors.
enum TinyDetector {
    static func model(changing changes: [String: String?] = [:]) -> TinyONNX {
        var model = TinyONNX(
            inputs: [TinyONNX.Value(name: "input", shape: [-1, 3, -1, -1])])
        model.add("cls", weights: [[8, 0, 0], [0, 6, 0]], bias: [-4, -4])
        model.add("box", weights: Array(repeating: [0, 0, 0], count: 4), bias: [0, 0, 0, 0])
        model.add("iou", weights: [[0, 0, 0]], bias: [0])
        var values = metadata
        for (key, value) in changes {
            values.removeAll { $0.key == key }
            if let value { values.append((key, value)) }
        }
        model.metadata = values
        return model
    }

    private static let metadata: [(key: String, value: String)] = [
        ("iou.version", "1"),
        ("iou.outputs.cls", "cls"),
        ("iou.outputs.box", "box"),
        ("iou.outputs.iou", "iou"),
        ("iou.outputs.layout", "nchw"),
        ("iou.outputs.cls.kind", "logit"),
        ("iou.outputs.iou.kind", "logit"),
        ("iou.boxes.convention", "edges"),
        ("iou.strides", "32.0"),
        ("iou.anchors", "0.0 0.0 32.0 32.0"),
        ("iou.coder.means", "0.0 0.0 0.0 0.0"),
        ("iou.coder.stds", "1.0 1.0 1.0 1.0"),
        ("iou.coder.clamp", "4.0"),
        ("iou.coder.clamp.sides", "both"),
        ("iou.coder.half_pixel", "no"),
        ("iou.clip", "image"),
        ("iou.clip.limit", "size"),
        ("iou.clip.when", "before-nms"),
        ("iou.boxes.scale", "factor"),
        ("iou.labels", "red\ngreen"),
        ("iou.classes.channels", "2"),
        ("iou.classes.offset", "0"),
        ("iou.alpha", "0.5"),
        ("iou.fusion.order", "first"),
        ("iou.topk", "1000"),
        ("iou.topk.unit", "anchors"),
        ("iou.topk.when", "before-threshold"),
        ("iou.score.threshold", "0.3"),
        ("iou.score.compare", ">"),
        ("iou.nms.threshold", "0.5"),
        ("iou.nms.compare", ">"),
        ("iou.nms.classes", "separate"),
        ("iou.nms.space", "picture"),
        ("iou.detections.max", "100"),
        ("iou.input.name", "input"),
        ("iou.input.layout", "nchw"),
        ("iou.input.color", "rgb"),
        ("iou.input.range", "1"),
        ("iou.input.mean", "0.0 0.0 0.0"),
        ("iou.input.std", "1.0 1.0 1.0"),
        ("iou.input.order", "resize-normalise"),
        ("iou.input.resize", "none"),
        ("iou.input.resize.rounding", "half-up"),
        ("iou.input.resize.interpolation", "bilinear"),
        ("iou.input.resize.antialias", "no"),
        ("iou.input.resize.precision", "float"),
        ("iou.input.resize.step", "sizes"),
        ("iou.input.pad", "multiple 32"),
        ("iou.input.pad.side", "bottom-right"),
        ("iou.input.pad.value", "0.0"),
        ("iou.input.pad.when", "after-normalise"),
    ]
}

extension TinyONNX {
    /// A 1x1 convolution that looks at every 32nd pixel.
    fileprivate mutating func add(_ name: String, weights rows: [[Float]], bias: [Float]) {
        weights.append(
            Weight(name: "\(name).w", shape: [rows.count, 3, 1, 1], values: rows.flatMap { $0 }))
        weights.append(Weight(name: "\(name).b", shape: [rows.count], values: bias))
        nodes.append(
            Node(
                type: "Conv", name: "conv.\(name)", inputs: ["input", "\(name).w", "\(name).b"],
                outputs: [name], integers: [("kernel_shape", [1, 1]), ("strides", [32, 32])]))
        outputs.append(Value(name: name, shape: [-1, rows.count, -1, -1]))
    }
}
