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
    private func answer(
        _ work: Work, by model: ServedModel, deadline: ContinuousClock.Instant,
        _ context: ServerContext
    ) async throws(ServerError) -> Answer {
        let job = Job(work, deadline: deadline)
        let client = connections[context.channel]
        client.onGone { job.settle(.failure(.clientGone)) }
        defer { client.onGone(nil) }
        try await model.pool.submit(job)
        return try await job.answer()
    }

    /// Answers by the model that there is now; where a reload closes it first, by its successor.
    ///
    /// - Returns: The answer, and the model that gave it.
    func answer(
        _ work: Work, deadline: ContinuousClock.Instant, _ context: ServerContext,
        by find: () throws(ServerError) -> ServedModel
    ) async throws(ServerError) -> (answer: Answer, model: ServedModel) {
        let model = try find()
        do throws(ServerError) {
            return (try await answer(work, by: model, deadline: deadline, context), model)
        } catch {
            guard error == .closing else { throw error }
            let successor = try find()
            guard successor !== model else { throw error }
            return (try await answer(work, by: successor, deadline: deadline, context), successor)
        }
    }
}
