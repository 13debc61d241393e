internal import Dispatch

/// Runs the jobs of an ``AsyncDetector`` one by one, apart from the threads that tasks share.
final class DetectorThread: SerialExecutor {
    private let queue = DispatchQueue(label: "iou.detector")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    /// Work from outside the actor.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(IoUError) -> Value
    ) async throws(IoUError) -> Value {
        let outcome = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(returning: Result { () throws(IoUError) in try work() })
            }
        }
        return try outcome.get()
    }
}
