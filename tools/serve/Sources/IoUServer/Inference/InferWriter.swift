import Hummingbird

/// Writes answers, of which one may be millions of numbers, on a thread of its own.
actor InferWriter {
    private let thread = WorkerThread("iou.write")

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    func response(to answer: InferAnswer, for demand: Demand) throws(ServerError) -> Response {
        try demand.check()
        return try answer.response()
    }
}
