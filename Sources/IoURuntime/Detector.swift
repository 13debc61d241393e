internal import CIoU

/// From pixels to boxes: a model with `iou.*` metadata, or with the keys that ultralytics writes,
/// ready to look at pictures.
///
/// A detector is a value with one owner, and serves one thread at a time. ``AsyncDetector`` serves
/// tasks.
public struct Detector: ~Copyable {
    public let model: Model

    /// What the model's metadata says.
    public let info: DetectorInfo

    /// The names of the classes; a class is an index into them.
    public var labels: [String] { info.labels }

    let handle: OpaquePointer

    /// Sides of the last run's pictures; empty where it failed.
    var seen: [PictureSize] = []

    /// Prepares `model` to detect.
    ///
    /// - Throws: ``IoUError/Code/badMetadata`` with the key that is missing or
    ///   contradictory; what ``Session/init(_:options:)`` throws.
    public init(
        _ model: Model, options: SessionOptions = SessionOptions()
    ) throws(IoUError) {
        let info = try model.detectorInfo
        var detector: OpaquePointer?
        try IoUError.check { error in
            options.withC { iou_detector_open(&detector, model.handle.pointer, $0, error) }
        }
        guard let detector else { preconditionFailure("a detector was opened without a handle") }
        self.model = model
        self.info = info
        handle = detector
    }

    deinit {
        var detector: OpaquePointer? = handle
        iou_detector_close(&detector)
    }

    /// The steps of the last run; with ``SessionOptions/profiles``, their times.
    public var profile: [ProfileEntry] {
        get throws(IoUError) { try ProfileEntry.entries(of: iou_detector_session(handle)) }
    }

    /// Threads that a run uses.
    public var threads: Int { Int(iou_session_threads(iou_detector_session(handle))) }

    /// Memory of the last run's plan.
    public var memory: MemoryUse { MemoryUse(iou_detector_session(handle)) }
}
