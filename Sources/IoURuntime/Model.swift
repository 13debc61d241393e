internal import CIoU

/// An opened ONNX model. It never changes, and any number of sessions in any number of threads
/// share it; the last of them to go closes it.
public struct Model: Sendable {
    let handle: ModelHandle

    package init(path: FilePath, options: ModelOptions = ModelOptions()) throws(IoUError) {
        handle = try ModelHandle(path: path, options: options)
    }

    /// Maps and checks the file at `path`, and reads what it keeps in files beside it. The file must
    /// not change while the model is in use.
    ///
    /// - Throws: ``IoUError/Code/inputOutput``, ``IoUError/Code/badModel``, ``IoUError/Code/limit``,
    ///   or ``IoUError/Code/unsupported`` with every operator that the library lacks.
    public init(path: String, options: ModelOptions = ModelOptions()) throws(IoUError) {
        try self.init(path: FilePath(path), options: options)
    }

    /// Checks a model that is in memory; the bytes are copied.
    ///
    /// - Throws: What ``init(path:options:)`` throws.
    public init(bytes: [UInt8], options: ModelOptions = ModelOptions()) throws(IoUError) {
        handle = try ModelHandle(bytes: bytes, options: options)
    }

    /// What a run needs, in the model's order.
    public var inputs: [ValueInfo] {
        handle.inputs.map(ValueInfo.init)
    }

    /// What a run may be given besides: constants of the file that are inputs too, and serve where
    /// nothing is given in their place.
    public var defaultedInputs: [ValueInfo] {
        handle.defaults.map(ValueInfo.init)
    }

    /// What a run gives, in the model's order.
    public var outputs: [ValueInfo] {
        handle.outputs.map(ValueInfo.init)
    }

    /// The keys of the file's metadata, in its order, each once.
    public var metadataKeys: [String] {
        var keys: [String] = []
        while let key = iou_model_metadata_key(handle.pointer, keys.count) {
            keys.append(String(cString: key))
        }
        return keys
    }

    /// The text that the file holds under `key`; `nil` where it has no such key. Of a key that is
    /// twice, the last.
    public func metadata(_ key: String) -> String? {
        iou_model_metadata(handle.pointer, key).map { String(cString: $0) }
    }
}
