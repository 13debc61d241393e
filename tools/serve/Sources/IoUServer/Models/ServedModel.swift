import HTTPTypes
import IoURuntime

/// A model that takes requests. It never changes: a reload makes another one.
final class ServedModel: Sendable {
    let opened: OpenedModel
    let pool: Pool
    let rescorer: Rescorer
    private let serving: Task<Void, Never>

    /// Files have no versions.
    static let version = "1"

    var name: String { opened.name }
    var model: Model { opened.model }
    var info: DetectorInfo? { opened.info }

    init(_ opened: OpenedModel, options: ServerOptions) {
        let pool = Pool(
            limit: options.queue,
            largestBatch: opened.model.takesBatches ? options.largestBatch : 1,
            batchDelay: options.batchDelay, metrics: opened.metrics)
        self.opened = opened
        self.pool = pool
        rescorer = Rescorer(opened.model)
        serving = Task { [workers = opened.workers] in
            await withDiscardingTaskGroup { group in
                for worker in workers {
                    group.addTask { await worker.serve(pool) }
                }
            }
        }
    }

    /// Answers what was queued, then ends.
    func close() async {
        await pool.close()
        await serving.value
    }

    /// Refuses a model whose runs cannot be kept.
    func checkRescores() throws(ServerError) {
        guard info?.canRescore == true else {
            throw ServerError(
                .unprocessableContent,
                "model '\(name)': expected maps to keep, found a model whose graph reports "
                    + "detections")
        }
    }
}

extension Model {
    /// Whether the network sees several pictures in one run.
    fileprivate var takesBatches: Bool {
        guard let shape = inputs.first?.shape, shape.count == 4 else { return false }
        if case .fixed = shape[0] { return false }
        return true
    }
}
