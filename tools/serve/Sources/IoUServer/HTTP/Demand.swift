/// Whether somebody still waits for an answer: asked by work that no session's run can stop.
struct Demand: Sendable {
    let deadline: ContinuousClock.Instant
    var client: Client?

    func check() throws(ServerError) {
        if client?.isGone == true { throw .clientGone }
        if Task.isCancelled { throw .closing }
        if ContinuousClock.now >= deadline { throw .deadline }
    }
}

extension Service {
    func demand(
        _ context: ServerContext, by deadline: ContinuousClock.Instant
    ) -> Demand {
        Demand(deadline: deadline, client: connections[context.channel])
    }
}
