import Hummingbird

/// What all endpoints share.
struct Service: Sendable {
    let options: ServerOptions
    let models: ModelRegistry
    let kept: KeptRuns
    let connections: ClientConnections
    let bodies: BodyBudget
    let metrics: ServerMetrics

    /// Queues work for a model and waits; the work is dropped, or its run stopped, when the
    /// deadline passes or the client goes.
    func answer(
        _ work: Work, by model: ServedModel, deadline: ContinuousClock.Instant,
        _ context: ServerContext
    ) async throws(ServerError) -> Answer {
        let job = Job(work, deadline: deadline)
        let client = connections[context.channel]
        client?.onGone { job.settle(.failure(.clientGone)) }
        defer { client?.onGone(nil) }
        try await model.pool.submit(job)
        return try await job.answer()
    }
}
