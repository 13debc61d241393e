package import CIoU

/// Why a call failed: a pinned code, and one line that says where, what was expected, what was found.
///
/// Calls throw nothing else: in a plain `catch`, `error` has this type.
public struct IoUError: Error, Hashable, Sendable, CustomStringConvertible {
    public let code: Code

    /// One line, lower case, without a full stop.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}

extension IoUError {
    /// The kind of failure. Values never change: 1–9 the caller, 10–19 the model or the data,
    /// 20–29 the system.
    public struct Code: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
        public let rawValue: UInt32

        public init(rawValue: UInt32) {
            self.rawValue = rawValue
        }

        /// A wrong name, type, shape or size.
        public static let invalidArgument = Code(IOU_INVALID_ARGUMENT)
        /// ``Cancellation/cancel()`` was called during a run.
        public static let cancelled = Code(IOU_CANCELLED)
        /// ``RunOptions/timeout`` passed during a run.
        public static let deadline = Code(IOU_DEADLINE)
        public static let bufferTooSmall = Code(IOU_BUFFER_TOO_SMALL)
        /// The file is no valid ONNX model.
        public static let badModel = Code(IOU_BAD_MODEL)
        /// A valid model needs something that the library lacks.
        public static let unsupported = Code(IOU_UNSUPPORTED)
        /// A limit of the options would be passed.
        public static let limit = Code(IOU_LIMIT)
        /// Detector metadata is missing or contradictory.
        public static let badMetadata = Code(IOU_BAD_METADATA)
        /// A picture cannot be decoded.
        public static let badImage = Code(IOU_BAD_IMAGE)
        /// A value found while running is out of range.
        public static let badData = Code(IOU_BAD_DATA)
        public static let outOfMemory = Code(IOU_OUT_OF_MEMORY)
        public static let inputOutput = Code(IOU_IO_ERROR)

        /// The code's name, such as "bad model".
        public var description: String {
            String(cString: iou_status_name(iou_status(rawValue: rawValue)))
        }

        init(_ status: iou_status) {
            rawValue = status.rawValue
        }
    }
}

extension IoUError {
    /// Calls C, and throws what the call put into its error. The only reader of `iou_error`.
    package static func check(
        _ call: (UnsafeMutablePointer<iou_error>) -> iou_status
    ) throws(IoUError) {
        var error = iou_error()
        let status = call(&error)
        guard status != IOU_OK else { return }
        let text = withUnsafeBytes(of: &error.text) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        let code = Code(status)
        throw IoUError(code, text.isEmpty ? code.description : text)
    }
}
