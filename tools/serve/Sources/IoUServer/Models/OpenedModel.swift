import IoURuntime

/// A model that was opened, with the workers that run it.
struct OpenedModel: Sendable {
    let name: String
    let path: String
    let model: Model
    /// `nil`: the model is no detector, and serves tensors only.
    let info: DetectorInfo?
    /// Why it is none.
    let notDetector: String?
    let workers: [Worker]
    let metrics: ModelMetrics

    /// Blocks: reads the file, and opens a session for each worker.
    init(
        _ source: ModelSource, options: ServerOptions, metrics: ModelMetrics
    ) throws(IoUError) {
        let model = try Model(path: source.path)
        var refusal: String?
        var info: DetectorInfo?
        do throws(IoUError) {
            info = try model.detectorInfo
        } catch {
            refusal = error.message
        }
        var workers: [Worker] = []
        for _ in 0..<options.workers {
            let engine = Engine(model, options: options)
            try engine.prepare(isDetector: info != nil)
            workers.append(Worker(engine, name: "iou.\(source.name)", metrics: metrics))
        }
        name = source.name
        path = source.path
        self.model = model
        self.info = info
        notDetector = refusal
        self.workers = workers
        self.metrics = metrics
    }
}

/// The name that clients know a model by, and its file.
public struct ModelSource: Hashable, Sendable {
    public let name: String
    public let path: String

    public init(name: String, path: String) {
        self.name = name
        self.path = path
    }
}
