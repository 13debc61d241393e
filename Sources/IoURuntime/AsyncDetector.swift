/// Detects for tasks, one picture after the other, on a thread of its own: the threads that tasks
/// share are never blocked by it.
///
/// A task that is cancelled stops its detection between two operators, with
/// ``IoUError/Code/cancelled``. Several detectors of one ``Model`` work at the same
/// time.
public actor AsyncDetector {
    public nonisolated let model: Model

    /// What the model's metadata says.
    public nonisolated let info: DetectorInfo

    /// The names of the classes; a class is an index into them.
    public nonisolated var labels: [String] { info.labels }

    private let thread: DetectorThread
    private let box: DetectorBox

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        thread.asUnownedSerialExecutor()
    }

    /// Prepares `model` to detect, on the thread that will detect.
    ///
    /// - Throws: What ``Detector/init(_:options:)`` throws.
    public init(
        _ model: Model, options: SessionOptions = SessionOptions()
    ) async throws(IoUError) {
        thread = DetectorThread()
        box = try await thread.run { () throws(IoUError) in
            try DetectorBox(Detector(model, options: options))
        }
        self.model = model
        info = box.info
    }

    /// The objects in a picture of any size.
    ///
    /// - Throws: What ``Detector/detect(in:options:)-(Image,_)`` throws;
    ///   ``IoUError/Code/cancelled`` also where the task is cancelled.
    public func detect(
        in image: Image, options: DetectOptions = DetectOptions()
    ) async throws(IoUError) -> Detections {
        try await detect(in: [image], options: options)[0]
    }

    /// The objects in pictures of any sizes, which the model sees together where it takes batches.
    ///
    /// - Returns: What was found in each, in the order of `images`.
    /// - Throws: What ``detect(in:options:)-(Image,_)`` throws; there is no result for some only.
    public func detect(
        in images: [Image], options: DetectOptions = DetectOptions()
    ) async throws(IoUError) -> [Detections] {
        let cancellation = Cancellation()
        let asked = options.run.cancellation
        asked?.add(cancellation)
        defer { asked?.remove(cancellation) }
        var options = options
        options.run.cancellation = cancellation
        let outcome = await withTaskCancellationHandler {
            Result { () throws(IoUError) in try box.detector.detect(in: images, options: options) }
        } onCancel: {
            cancellation.cancel()
        }
        return try outcome.get()
    }

    /// The objects in a picture file, which is read and decoded on the detector's thread.
    ///
    /// - Throws: What ``Image/init(path:limits:)`` and ``detect(in:options:)-(Image,_)`` throw.
    public func detect(
        inFile path: String, options: DetectOptions = DetectOptions()
    ) async throws(IoUError) -> Detections {
        try await detect(in: Image(path: path), options: options)
    }

    /// The steps of the last run; with ``SessionOptions/profiles``, their times.
    public var profile: [ProfileEntry] {
        get throws(IoUError) { try box.detector.profile }
    }

    /// Memory of the last run's plan.
    public var memory: MemoryUse { box.detector.memory }
}

/// Carries a detector from the thread that opened it to the actor, the only one who uses it then.
private final class DetectorBox: @unchecked Sendable {
    var detector: Detector

    init(_ detector: consuming Detector) {
        self.detector = detector
    }

    var info: DetectorInfo { detector.info }
}
