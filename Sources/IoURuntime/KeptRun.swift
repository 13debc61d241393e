internal import CIoU
internal import CIoU.Kept

/// What the network found in one picture, to be scored again after other runs:
/// ``Detector/rescore(_:options:)``.
///
/// It is a copy that never changes, and outlives the detector that made it.
public final class KeptRun: @unchecked Sendable {
    let handle: OpaquePointer
    let size: PictureSize

    init(_ handle: OpaquePointer, _ size: PictureSize) {
        self.handle = handle
        self.size = size
    }

    deinit {
        var kept: OpaquePointer? = handle
        iou_kept_run_close(&kept)
    }

    /// Bytes of memory that it holds.
    public var byteCount: Int { iou_kept_run_size(handle) }
}

extension Detector {
    /// Copies what the network found in a picture of the last run.
    ///
    /// - Parameter picture: Its place in the run.
    /// - Throws: ``IoUError/Code/invalidArgument`` where the last run failed, there was none, or it
    ///   had no such picture; ``IoUError/Code/unsupported`` where the model's graph reports
    ///   detections, or its batch is fixed and the run had more pictures.
    public mutating func keep(picture: Int = 0) throws(IoUError) -> KeptRun {
        guard picture >= 0 else {
            throw IoUError(
                .invalidArgument, "picture of a run: expected 0 or more, found \(picture)")
        }
        let handle = handle
        var kept: OpaquePointer?
        try IoUError.check { error in
            iou_detector_keep(handle, picture, &kept, error)
        }
        guard let kept else { preconditionFailure("a run was kept without a handle") }
        return KeptRun(kept, seen[picture])
    }

    /// What ``detect(in:options:)-(Image,_)`` would find under other options in the picture of a
    /// run that was kept, by any detector of the same model. The run of `options` is not looked at.
    ///
    /// ``rescore(options:)`` has no run to look at then.
    ///
    /// - Throws: ``IoUError/Code/badMetadata`` where another model ran.
    public mutating func rescore(
        _ kept: KeptRun, options: DetectOptions = DetectOptions()
    ) throws(IoUError) -> Detections {
        seen = []
        let handle = handle
        return try withExtendedLifetime(kept) { () throws(IoUError) in
            try collect([kept.size], options) { options, room, error in
                iou_detector_rescore_kept(
                    handle, kept.handle, options, room.found, room.capacity, room.counts, error)
            }[0]
        }
    }
}
