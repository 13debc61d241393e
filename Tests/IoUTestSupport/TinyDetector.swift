/// A detector of one convolution a map, whose results can be worked out by hand.
///
/// The input is divided into cells of 32 pixels, each with one anchor that covers it. A cell whose
/// upper left pixel is red holds "red" with logit 4, one with green "green" with logit 2; every
/// other logit is -4. The predicted IoU is sigmoid(0) = 0.5, and boxes are their anchors.
package enum TinyDetector {
    package static func model(changing changes: [String: String?] = [:]) -> TinyONNX {
        var model = TinyONNX(
            inputs: [TinyONNX.Value(name: "input", shape: [-1, 3, -1, -1])])
        model.add("cls", weights: [[8, 0, 0], [0, 6, 0]], bias: [-4, -4])
        model.add("box", weights: Array(repeating: [0, 0, 0], count: 4), bias: [0, 0, 0, 0])
        model.add("iou", weights: [[0, 0, 0]], bias: [0])
        var metadata = DetectorMetadata.plain + own
        for (key, value) in changes {
            metadata.removeAll { $0.key == key }
            if let value { metadata.append((key, value)) }
        }
        model.metadata = metadata
        return model
    }

    private static let own: [(key: String, value: String)] = [
        ("iou.outputs.cls", "cls"),
        ("iou.outputs.box", "box"),
        ("iou.outputs.iou", "iou"),
        ("iou.strides", "32.0"),
        ("iou.anchors", "0.0 0.0 32.0 32.0"),
        ("iou.labels", "red\ngreen"),
        ("iou.classes.channels", "2"),
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
