internal import CIoU

/// Owns the C model, and the bytes that it borrows. Immutable, hence free to be shared.
final class ModelHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    private let bytes: UnsafeMutableRawBufferPointer?

    init(path: FilePath, options: ModelOptions) throws(IoUError) {
        pointer = try ModelHandle.open { model, error in
            options.withC { settings in
                path.withCString { iou_model_open(model, $0, settings, error) }
            }
        }
        bytes = nil
    }

    init(bytes source: [UInt8], options: ModelOptions) throws(IoUError) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 64)
        copy.copyBytes(from: source)
        do {
            pointer = try ModelHandle.open { model, error in
                options.withC { settings in
                    iou_model_open_memory(model, copy.baseAddress, copy.count, settings, error)
                }
            }
        } catch {
            copy.deallocate()
            throw error
        }
        bytes = copy
    }

    deinit {
        var model: OpaquePointer? = pointer
        iou_model_close(&model)
        bytes?.deallocate()
    }

    private static func open(
        _ call: (UnsafeMutablePointer<OpaquePointer?>, UnsafeMutablePointer<iou_error>)
            -> iou_status
    ) throws(IoUError) -> OpaquePointer {
        var model: OpaquePointer?
        try IoUError.check { call(&model, $0) }
        guard let model else { preconditionFailure("a model was opened without a handle") }
        return model
    }

    /// What a run needs.
    var inputs: [iou_value_info] {
        (0..<iou_model_input_count(pointer)).map(input)
    }

    /// What a run may be given besides.
    var defaults: [iou_value_info] {
        let first = iou_model_input_count(pointer)
        return (first..<first + iou_model_default_count(pointer)).map(input)
    }

    /// An index below the count cannot fail.
    private func input(_ index: Int) -> iou_value_info {
        var info = iou_value_info()
        _ = iou_model_input(pointer, index, &info, nil)
        return info
    }

    var outputs: [iou_value_info] {
        (0..<iou_model_output_count(pointer)).map { index in
            var info = iou_value_info()
            _ = iou_model_output(pointer, index, &info, nil)
            return info
        }
    }
}
