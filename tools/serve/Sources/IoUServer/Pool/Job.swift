import IoURuntime
import Synchronization

/// What one request wants of a session, with the place where its answer goes.
///
/// Whatever comes first settles it: the answer, a failure, the deadline, or that the client went.
final class Job: Sendable {
    let work: Work
    let deadline: ContinuousClock.Instant
    let arrival = ContinuousClock.now

    private let state = Mutex(State())

    private struct State {
        var outcome: Result<Answer, ServerError>?
        var waiter: CheckedContinuation<Result<Answer, ServerError>, Never>?
        /// Told when the job is settled from outside.
        var onSettled: (@Sendable () -> Void)?
    }

    init(_ work: Work, deadline: ContinuousClock.Instant) {
        self.work = work
        self.deadline = deadline
    }

    var isSettled: Bool { state.withLock { $0.outcome != nil } }

    /// Nothing happens where it is settled.
    func settle(_ outcome: Result<Answer, ServerError>) {
        let (waiter, onSettled) = state.withLock { state in
            guard state.outcome == nil else {
                return (
                    CheckedContinuation<Result<Answer, ServerError>, Never>?.none,
                    (@Sendable () -> Void)?.none
                )
            }
            state.outcome = outcome
            defer { (state.waiter, state.onSettled) = (nil, nil) }
            return (state.waiter, state.onSettled)
        }
        onSettled?()
        waiter?.resume(returning: outcome)
    }

    /// `body` is called once it is settled, which may be now.
    func onSettled(_ body: @escaping @Sendable () -> Void) {
        let isSettled = state.withLock { state in
            if state.outcome == nil { state.onSettled = body }
            return state.outcome != nil
        }
        if isSettled { body() }
    }

    /// Waits for the outcome, no longer than until the deadline. One task waits.
    func answer() async throws(ServerError) -> Answer {
        let alarm = Task { [deadline] in
            try await Task.sleep(until: deadline, clock: .continuous)
            settle(.failure(.deadline))
        }
        defer { alarm.cancel() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let outcome = state.withLock { state in
                    if state.outcome == nil { state.waiter = waiter }
                    return state.outcome
                }
                if let outcome { waiter.resume(returning: outcome) }
            }
        } onCancel: {
            settle(.failure(.closing))
        }
        return try outcome.get()
    }
}

/// What a session is asked.
enum Work: Sendable {
    case detect(DetectWork)
    case infer(InferWork)

    /// Jobs with an equal key may be seen by the network together; `nil`: never.
    var batchKey: DetectParameters? {
        guard case .detect(let work) = self else { return nil }
        return work.parameters
    }
}

enum Answer: Sendable {
    case detections(DetectAnswer)
    case tensors([String: Tensor])
}
