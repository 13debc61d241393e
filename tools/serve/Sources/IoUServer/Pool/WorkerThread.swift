internal import Dispatch

/// Runs an actor's jobs one by one, apart from the threads that tasks share: a run of the network
/// blocks nobody else.
final class WorkerThread: SerialExecutor {
    private let queue: DispatchQueue

    init(_ name: String) {
        queue = DispatchQueue(label: name)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
