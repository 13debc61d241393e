import CoreMetrics
import IoURuntime
import Metrics

/// One session of a model on a thread of its own.
actor Worker {
    private let thread: WorkerThread
    private let engine: Engine
    private let metrics: ModelMetrics

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ engine: sending Engine, name: String, metrics: ModelMetrics) {
        thread = WorkerThread(name)
        self.engine = engine
        self.metrics = metrics
    }

    /// Serves jobs until the pool is closed and empty.
    func serve(_ pool: Pool) async {
        while let jobs = await pool.next() {
            let start = ContinuousClock.now
            for job in jobs { metrics.waited.record(duration: start - job.arrival) }
            work(on: jobs)
            let duration = ContinuousClock.now - start
            metrics.ran.record(duration: duration)
            metrics.batch.record(jobs.count)
            await pool.finished(jobs.count, in: duration)
        }
    }

    private func work(on jobs: [Job]) {
        let cancellation = Cancellation()
        let left = Countdown(jobs.count) { cancellation.cancel() }
        for job in jobs { job.onSettled { left.decrement() } }
        engine.run(jobs, cancellation: cancellation)
    }
}
