import CIoU
import CIoUTestSupport
import IoUTestSupport

/// A detector behind its test hooks, with metadata that tests change.
final class DetectorUnderTest {
    private var handle: OpaquePointer?

    struct Refusal: Error {
        let status: iou_status
        let text: String
    }

    /// Two levels of one square anchor each, one class, and an IoU output.
    static let metadata = Dictionary(uniqueKeysWithValues: DetectorMetadata.plain).merging([
        "iou.outputs.cls": "cls8\ncls16",
        "iou.outputs.box": "box8\nbox16",
        "iou.outputs.iou": "iou8\niou16",
        "iou.outputs.layout": "nhwc",
        "iou.strides": "8 16",
        "iou.anchors": "-16 -16 16 16\n-32 -32 32 32",
        "iou.coder.clamp": "4.1351666",
        "iou.labels": "cell",
        "iou.classes.channels": "1",
        "iou.score.threshold": "0.05",
        "iou.input.name": "images",
        "iou.input.range": "255",
    ]) { $1 }

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
        let status = iou_test_detector_open(&handle, pairs, pairs.count, &error)
        if status != IOU_OK {
            let text = withUnsafeBytes(of: error.text) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            throw Refusal(status: status, text: text)
        }
    }

    deinit {
        iou_test_detector_close(&handle)
    }

    var summary: iou_test_summary { iou_test_detector_summary(handle) }

    var anchors: [Float] {
        let count = summary.levels * summary.anchors * 4
        return Array(UnsafeBufferPointer(start: iou_test_detector_anchors(handle), count: count))
    }

    /// One picture of 64 × 64 pixels whose maps have one value for each cell: 8 × 8, then 4 × 4.
    func detect(classes: [[Float]], boxes: [[Float]], ious: [[Float]]?, alpha: Float = .nan)
        -> [iou_detection]
    {
        var options = iou_detect_options_default()
        options.alpha = alpha
        var found = [iou_detection](repeating: iou_detection(), count: 100)
        var count = 0
        var levels: [iou_test_level] = []
        let copies = (classes + boxes + (ious ?? [])).map { values in
            let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: values.count)
            _ = copy.initialize(from: values)
            return copy
        }
        defer { copies.forEach { $0.deallocate() } }
        for level in 0..<2 {
            let side = Int64(level == 0 ? 8 : 4)
            levels.append(
                iou_test_level(
                    height: side, width: side, cls: copies[level].baseAddress,
                    box: copies[2 + level].baseAddress,
                    iou: ious == nil ? nil : UnsafePointer(copies[4 + level].baseAddress),
                    objectness: nil))
        }
        var letterbox = iou_test_letterbox(
            input_height: 64, input_width: 64, picture_height: 64, picture_width: 64, height: 64,
            width: 64, scale_y: 1, scale_x: 1)
        let status = iou_test_detect(
            handle, levels, 1, 0, &letterbox, nil, &options, 1, &found, 100, &count, nil)
        precondition(status == IOU_OK)
        return Array(found[..<count])
    }
}
