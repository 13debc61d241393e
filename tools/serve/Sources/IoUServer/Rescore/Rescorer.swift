import IoURuntime

/// Scores kept runs of one model again, on a thread of its own: it waits for no session.
actor Rescorer {
    private let thread = WorkerThread("iou.rescore")
    private let model: Model
    private var detector: DetectorBox?

    /// It runs no network, and holds no weights.
    private final class DetectorBox {
        var detector: Detector
        init(_ detector: consuming Detector) { self.detector = detector }
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ model: Model) {
        self.model = model
    }

    func rescore(_ kept: KeptRun, _ parameters: DetectParameters) throws(ServerError) -> Detections
    {
        do throws(IoUError) {
            if detector == nil {
                detector = DetectorBox(try Detector(model, options: SessionOptions(threads: 1)))
            }
            guard let detector else { preconditionFailure("a detector was opened") }
            return try detector.detector.rescore(kept, options: parameters.options)
        } catch {
            throw ServerError(error)
        }
    }
}
