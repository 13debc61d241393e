internal import CIoU

/// An opened ONNX model. It never changes, and any number of sessions in any number of threads
/// share it; the last of them to go closes it.
public struct Model: Sendable {
    let handle: ModelHandle

    /// Maps and checks the file at `path`.
    ///
    /// - Throws: `inputOutput`, `badModel`, `limit`, or `unsupported` with every operator that the
    ///   library lacks.
    public init(path: FilePath, options: ModelOptions = ModelOptions()) throws(IoUError) {
        handle = try ModelHandle(path: path, options: options)
    }

    /// Maps and checks the file at `path`.
    public init(path: String, options: ModelOptions = ModelOptions()) throws(IoUError) {
        try self.init(path: FilePath(path), options: options)
    }

    /// Checks a model that stands in memory; the bytes are copied.
    public init(bytes: [UInt8], options: ModelOptions = ModelOptions()) throws(IoUError) {
        handle = try ModelHandle(bytes: bytes, options: options)
    }

    /// What a run needs, in the model's order.
    public var inputs: [ValueInfo] {
        (0..<iou_model_input_count(handle.pointer)).map { ValueInfo(handle.input($0)) }
    }

    /// What a run gives, in the model's order.
    public var outputs: [ValueInfo] {
        (0..<iou_model_output_count(handle.pointer)).map { ValueInfo(handle.output($0)) }
    }

    /// The text that the file holds under `key`.
    public func metadata(_ key: String) -> String? {
        iou_model_metadata(handle.pointer, key).map { String(cString: $0) }
    }
}
