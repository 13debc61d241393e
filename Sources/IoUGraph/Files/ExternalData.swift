import CIoU.Ops

/// What the tensors of a model have in files beside it, read by the runtime's own loader, which
/// opens nothing outside the model's folder.
final class ExternalData: Sendable {
    nonisolated(unsafe) private let handle: OpaquePointer?

    /// The most that is read in all.
    private static let maximumBytes = 64 << 30

    /// Reads it from `folder`, and lets the messages of `file` point to it.
    init(_ file: OpaquePointer?, folder: String) throws(GraphError) {
        var handle: OpaquePointer?
        var problem = iou_error()
        let status = iou_external_load(&handle, file, folder, Self.maximumBytes, &problem)
        guard status == IOU_OK else {
            throw GraphError(status, problem, otherwise: .malformed)
        }
        self.handle = handle
    }

    deinit {
        var handle = handle
        iou_external_close(&handle)
    }
}

/// One tensor's part.
final class ExternalTensor: Sendable {
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    private let owner: ExternalData

    init(_ bytes: UnsafeRawBufferPointer, of owner: ExternalData) {
        self.bytes = bytes
        self.owner = owner
    }
}
