internal import CIoU
internal import CIoUImage

extension Image {
    /// Lends items whose labels point into one buffer of NUL-ended texts.
    static func withDrawItems(
        for detections: [Detection],
        _ body: ([iou_draw_item]) throws(IoUError) -> Void
    ) throws(IoUError) {
        var texts: [CChar] = []
        var starts: [Int] = []
        for detection in detections {
            starts.append(texts.count)
            texts += detection.label.utf8CString
        }
        try texts.span.withUnsafeBufferPointer { buffer throws(IoUError) in
            let items = zip(detections, starts).map { detection, start in
                iou_draw_item(detection, label: buffer.baseAddress.map { $0 + start })
            }
            try body(items)
        }
    }
}

extension iou_draw_item {
    fileprivate init(_ detection: Detection, label: UnsafePointer<CChar>?) {
        self.init(
            x1: detection.box.x1, y1: detection.box.y1, x2: detection.box.x2,
            y2: detection.box.y2, class_index: Int32(clamping: detection.classIndex),
            label: label, score: detection.score, iou: detection.iou ?? .nan)
    }
}
