import IoURuntime

/// Opens models, one after the other, on a thread of its own.
actor ModelLoader {
    private let thread = WorkerThread("iou.load")
    private let options: ServerOptions
    private let metrics: MetricsRegistry

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(options: ServerOptions, metrics: MetricsRegistry) {
        self.options = options
        self.metrics = metrics
    }

    func load(_ source: ModelSource) throws(ServerError) -> ServedModel {
        do throws(IoUError) {
            let own = ModelMetrics(model: source.name, registry: metrics)
            return ServedModel(
                try OpenedModel(source, options: options, metrics: own), options: options)
        } catch {
            throw ServerError(error, at: "model '\(source.name)'")
        }
    }
}
