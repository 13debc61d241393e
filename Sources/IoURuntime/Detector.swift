internal import CIoU

/// From pixels to boxes: a model with `iou.*` metadata, ready to look at pictures.
///
/// A detector serves one thread at a time, as a value with one owner must.
public struct Detector: ~Copyable {
    public let model: Model

    /// The names of the classes; a class is an index into them.
    public let labels: [String]

    private let handle: OpaquePointer

    /// Prepares `model` to detect.
    ///
    /// - Throws: `badMetadata` with the key that is missing or contradictory; what
    ///   ``Session/init(_:options:)`` throws.
    public init(
        _ model: Model, options: SessionOptions = SessionOptions()
    ) throws(IoUError) {
        var detector: OpaquePointer?
        try IoUError.check { error in
            options.withC { iou_detector_open(&detector, model.handle.pointer, $0, error) }
        }
        guard let detector else { preconditionFailure("a detector was opened without a handle") }
        self.model = model
        handle = detector
        labels = (0..<iou_detector_class_count(detector)).map { index in
            iou_detector_label(detector, index).map { String(cString: $0) } ?? ""
        }
    }

    deinit {
        var detector: OpaquePointer? = handle
        iou_detector_close(&detector)
    }

    /// The objects in a picture of any size, by falling score.
    ///
    /// - Throws: `badData`, `deadline`, `cancelled`, `limit` or `outOfMemory`.
    public mutating func detect(
        in image: borrowing Image, options: DetectOptions = DetectOptions()
    ) throws(IoUError) -> [Detection] {
        let capacity = try room(for: options)
        var found = [iou_detection](repeating: iou_detection(), count: capacity)
        var count = 0
        var picture = image.picture
        try IoUError.check { error in
            options.withC {
                iou_detector_run(handle, &picture, 1, $0, &found, capacity, &count, error)
            }
        }
        return found.prefix(count).map { Detection($0, labels: labels) }
    }

    /// The steps of the last run; with ``SessionOptions/profiles``, their times.
    public var profile: [ProfileEntry] {
        get throws(IoUError) { try ProfileEntry.entries(of: iou_detector_session(handle)) }
    }

    /// Memory of the last run's plan.
    public var memory: MemoryUse { MemoryUse(iou_detector_session(handle)) }

    /// The most detections of one picture, refused where no memory could hold them.
    private func room(for options: DetectOptions) throws(IoUError) -> Int {
        let limit = 1 << 24
        let capacity = options.withC { iou_detector_max_detections(handle, $0) }
        guard capacity <= limit else {
            throw IoUError(.limit, "detections: wanted at most \(limit), found \(capacity)")
        }
        return capacity
    }
}
