import HTTPTypes
import Synchronization

/// The models that are served, by name. A reload puts another model in the place of one in a single
/// step: a request has the old one or the new one, and none is without.
final class ModelRegistry: Sendable {
    /// In the order of the command line.
    let names: [String]
    private let sources: [String: ModelSource]
    private let models: Mutex<[String: ServedModel]>
    private let loader: ModelLoader
    private let metrics: ServerMetrics

    /// - Throws: What the first model that cannot be opened throws.
    init(
        _ sources: [ModelSource], options: ServerOptions, metrics: ServerMetrics
    ) async throws(ServerError) {
        names = sources.map(\.name)
        loader = ModelLoader(options: options, metrics: metrics.registry)
        self.metrics = metrics
        var opened: [String: ServedModel] = [:]
        for source in sources { opened[source.name] = try await loader.load(source) }
        models = Mutex(opened)
        self.sources = Dictionary(uniqueKeysWithValues: sources.map { ($0.name, $0) })
    }

    /// - Throws: 404 with the names that there are.
    func model(_ name: String) throws(ServerError) -> ServedModel {
        guard let model = models.withLock({ $0[name] }) else {
            throw ServerError(
                .notFound,
                "model \(name.quoted): expected one of \(names.joined(separator: ", "))")
        }
        return model
    }

    /// A model that finds objects; `nil`: the first that there is.
    func detector(_ name: String?) throws(ServerError) -> ServedModel {
        let model = try model(name ?? firstDetector)
        if let refusal = model.opened.notDetector {
            throw ServerError(.unprocessableContent, "model '\(model.name)': \(refusal)")
        }
        return model
    }

    private var firstDetector: String {
        models.withLock { models in names.first { models[$0]?.info != nil } } ?? names[0]
    }

    /// Opens a model's file again. Where that fails, the old model stays.
    ///
    /// - Returns: The old model, which still answers what was queued.
    func reload(_ name: String) async throws(ServerError) -> ServedModel {
        _ = try model(name)
        guard let source = sources[name] else { throw .closing }
        do throws(ServerError) {
            let fresh = try await loader.load(source)
            let old = models.withLock { models in
                defer { models[name] = fresh }
                return models[name]
            }
            metrics.reload(name, succeeded: true)
            guard let old else { throw .closing }
            return old
        } catch {
            metrics.reload(name, succeeded: false)
            throw error
        }
    }

    /// Answers what was queued, then ends.
    func close() async {
        for model in models.withLock({ Array($0.values) }) { await model.close() }
    }
}
