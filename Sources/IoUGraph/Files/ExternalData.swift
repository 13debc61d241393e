import CIoU.Ops

/// What the tensors of a model have in files beside it, read by the runtime's own loader, which
/// opens nothing that the model may not have (`docs/library.md`).
final class ExternalData: Sendable {
    nonisolated(unsafe) private let handle: OpaquePointer?

    /// The most that is read in all.
    private static let maximumBytes = 64 << 30

    /// Where a model's other files are looked for: beside the file at `path`, or, where links lead
    /// to it, through links of its folder beside the file itself.
    struct Place {
        let path: String
        let identity: MappedFile.Identity
        let refusesLinks: Bool
    }

    /// Reads it, and lets the messages of `file` point to it.
    init(_ file: OpaquePointer?, at place: Place) throws(GraphError) {
        var handle: OpaquePointer?
        var problem = iou_error()
        let status = ModelPath(place.path).folder.withCString { folder in
            place.path.withCString { path in
                var base = iou_external_base(
                    folder: folder, model: path, device: place.identity.device,
                    inode: place.identity.inode, refuse_links: place.refusesLinks)
                return iou_external_load(&handle, file, &base, Self.maximumBytes, &problem)
            }
        }
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
