import CIoU
import CIoUTestSupport

/// A detector behind its door, with metadata that tests change.
final class DetectorUnderTest {
    private var handle: OpaquePointer?

    struct Refusal: Error {
        let status: iou_status
        let text: String
    }

    /// Two levels of one square anchor each, one class, and an IoU output.
    static let metadata: [String: String] = [
        "iou.version": "1",
        "iou.outputs.cls": "cls8\ncls16",
        "iou.outputs.box": "box8\nbox16",
        "iou.outputs.iou": "iou8\niou16",
        "iou.outputs.layout": "nhwc",
        "iou.outputs.cls.kind": "logit",
        "iou.outputs.iou.kind": "logit",
        "iou.boxes.convention": "edges",
        "iou.strides": "8 16",
        "iou.anchors": "-16 -16 16 16\n-32 -32 32 32",
        "iou.coder.means": "0 0 0 0",
        "iou.coder.stds": "1 1 1 1",
        "iou.coder.clamp": "4.1351666",
        "iou.coder.clamp.sides": "both",
        "iou.coder.half_pixel": "no",
        "iou.clip": "image",
        "iou.clip.limit": "size",
        "iou.clip.when": "before-nms",
        "iou.boxes.scale": "factor",
        "iou.labels": "cell",
        "iou.classes.channels": "1",
        "iou.classes.offset": "0",
        "iou.alpha": "0.5",
        "iou.fusion.order": "first",
        "iou.topk": "1000",
        "iou.topk.unit": "anchors",
        "iou.topk.when": "before-threshold",
        "iou.score.threshold": "0.05",
        "iou.score.compare": ">",
        "iou.nms.threshold": "0.5",
        "iou.nms.compare": ">",
        "iou.nms.classes": "separate",
        "iou.nms.space": "picture",
        "iou.detections.max": "100",
        "iou.input.name": "images",
        "iou.input.layout": "nchw",
        "iou.input.color": "rgb",
        "iou.input.range": "255",
        "iou.input.mean": "0 0 0",
        "iou.input.std": "1 1 1",
        "iou.input.order": "resize-normalise",
        "iou.input.resize": "none",
        "iou.input.resize.rounding": "half-up",
        "iou.input.resize.interpolation": "bilinear",
        "iou.input.resize.antialias": "no",
        "iou.input.resize.precision": "float",
        "iou.input.resize.step": "sizes",
        "iou.input.pad": "multiple 32",
        "iou.input.pad.side": "bottom-right",
        "iou.input.pad.value": "0",
        "iou.input.pad.when": "after-normalise",
    ]

    /// Inclusive boxes with half a pixel, as the authors' code has them.
    static let legacy: [String: String] = [
        "iou.boxes.convention": "inclusive",
        "iou.anchors": "-12 -12 19 19\n-24 -24 39 39",
        "iou.coder.half_pixel": "yes",
        "iou.clip.limit": "last-pixel",
    ]

    init(_ changes: [String: String] = [:], without removed: [String] = []) throws {
        var pairs: [CChar] = []
        let metadata = Self.metadata.merging(changes) { _, new in new }
        for (key, value) in metadata where !removed.contains(key) {
            pairs += Array(key.utf8CString) + Array(value.utf8CString)
        }
        var error = iou_error()
        let status = iou_door_detector_open(&handle, pairs, pairs.count, &error)
        if status != IOU_OK {
            let text = withUnsafeBytes(of: error.text) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            throw Refusal(status: status, text: text)
        }
    }

    deinit {
        iou_door_detector_close(&handle)
    }

    var summary: iou_door_summary { iou_door_detector_summary(handle) }

    var anchors: [Float] {
        let count = summary.levels * summary.anchors * 4
        return Array(UnsafeBufferPointer(start: iou_door_detector_anchors(handle), count: count))
    }

    /// One picture of 64 × 64 pixels whose maps have one value for each cell: 8 × 8, then 4 × 4.
    func detect(classes: [[Float]], boxes: [[Float]], ious: [[Float]]?, alpha: Float = .nan)
        -> [iou_detection]
    {
        var options = iou_detect_options_default()
        options.alpha = alpha
        var found = [iou_detection](repeating: iou_detection(), count: 100)
        var count = 0
        var levels: [iou_door_level] = []
        let copies = (classes + boxes + (ious ?? [])).map { values in
            let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: values.count)
            _ = copy.initialize(from: values)
            return copy
        }
        defer { copies.forEach { $0.deallocate() } }
        for level in 0..<2 {
            let side = Int64(level == 0 ? 8 : 4)
            levels.append(
                iou_door_level(
                    height: side, width: side, cls: copies[level].baseAddress,
                    box: copies[2 + level].baseAddress,
                    iou: ious == nil ? nil : UnsafePointer(copies[4 + level].baseAddress),
                    objectness: nil))
        }
        var frame = iou_door_frame(
            input_height: 64, input_width: 64, picture_height: 64, picture_width: 64, height: 64,
            width: 64, scale_y: 1, scale_x: 1)
        let status = iou_door_detect(
            handle, levels, 1, 0, &frame, nil, &options, 1, &found, 100, &count, nil)
        precondition(status == IOU_OK)
        return Array(found[..<count])
    }
}
