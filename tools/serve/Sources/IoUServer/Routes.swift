import Hummingbird

extension Service {
    /// All paths of the server.
    func router() -> Router<ServerContext> {
        let router = Router(context: ServerContext.self)
        router.addMiddleware {
            Answering(metrics: metrics, connections: connections)
            Guarding(token: options.token)
        }
        PageEndpoint.add(to: router)
        router.get("/metrics") { _, _ in
            Response(Array(metrics.text.utf8), type: MetricsText.type)
        }
        addDetection(to: router)
        addInference(to: router)
        return router
    }

    private func addDetection(to router: Router<ServerContext>) {
        router.get("/v1/models", use: ModelsEndpoint(service: self).respond)
        router.post("/v1/detect", use: DetectEndpoint(service: self).respond)
        router.post("/v1/rescore", use: RescoreEndpoint(service: self).respond)
    }

    private func addInference(to router: Router<ServerContext>) {
        let metadata = MetadataEndpoint(service: self)
        router.get("/v2", use: metadata.server)
        router.get("/v2/health/live", use: metadata.health)
        router.get("/v2/health/ready", use: metadata.health)
        let infer = InferEndpoint(service: self)
        for path in ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"] {
            router.get(RouterPath(path), use: metadata.model)
            router.get(RouterPath("\(path)/ready"), use: metadata.modelReady)
            router.post(RouterPath("\(path)/infer"), use: infer.respond)
        }
        let repository = RepositoryEndpoint(service: self)
        router.post("/v2/repository/index", use: repository.index)
        router.post("/v2/repository/models/{model}/load", use: repository.load)
    }
}
