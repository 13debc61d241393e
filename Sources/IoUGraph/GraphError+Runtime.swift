import CIoU

extension GraphError {
    /// What the runtime reports; `otherwise` is the code of what has none of its own here.
    init(_ status: iou_status, _ problem: iou_error, otherwise: Code) {
        let text = withUnsafeBytes(of: problem.text) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
        self.init(status, text, otherwise: otherwise)
    }

    init(_ status: iou_status, _ text: String, otherwise: Code) {
        switch status {
        case IOU_UNSUPPORTED: self.init(.unsupported, text)
        case IOU_LIMIT: self.init(.limit, text)
        case IOU_IO_ERROR: self.init(.inputOutput, text)
        default: self.init(otherwise, text)
        }
    }
}
