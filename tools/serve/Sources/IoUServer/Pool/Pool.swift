import CoreMetrics
import HTTPTypes
import Metrics

/// The jobs that wait for a session of one model: no more than `limit`, the oldest first.
actor Pool {
    private let limit: Int
    private let largestBatch: Int
    private let batchDelay: Duration
    private let metrics: ModelMetrics

    private var waiting: [Job] = []
    private var sleepers: [CheckedContinuation<Void, Never>] = []
    private var isClosed = false
    /// Seconds that a job took lately, for advice to those who are refused.
    private var secondsPerJob = 0.05

    init(limit: Int, largestBatch: Int, batchDelay: Duration, metrics: ModelMetrics) {
        self.limit = limit
        self.largestBatch = largestBatch
        self.batchDelay = batchDelay
        self.metrics = metrics
    }

    /// - Throws: 429 where the queue is full, 503 after ``close()``.
    func submit(_ job: Job) throws(ServerError) {
        guard !isClosed else { throw .closing }
        purge()
        // A session that sleeps takes the job at once: it does not have to wait.
        guard waiting.count < limit + sleepers.count else {
            metrics.refused.increment()
            var error = ServerError(
                .tooManyRequests,
                "queue: expected at most \(limit) requests that wait, found \(waiting.count)")
            error.retryAfter = max(1, Int((Double(waiting.count) * secondsPerJob).rounded(.up)))
            throw error
        }
        waiting.append(job)
        metrics.queued.record(waiting.count)
        sleepers.popLast()?.resume()
    }

    /// Jobs for a session, which are done together; `nil` after ``close()`` when none is left.
    func next() async -> [Job]? {
        while true {
            purge()
            if let first = waiting.first {
                let ready = first.arrival + batchDelay
                if largestBatch > 1, mates(of: first).count != largestBatch, ready > .now, !isClosed
                {
                    try? await Task.sleep(until: ready, clock: .continuous)
                    purge()
                    guard waiting.first === first else { continue }
                }
                return take(mates(of: first))
            }
            if isClosed { return nil }
            await withCheckedContinuation { sleepers.append($0) }
        }
    }

    /// What was queued is still done; nothing new is taken.
    func close() {
        isClosed = true
        for sleeper in sleepers { sleeper.resume() }
        sleepers = []
    }

    func finished(_ count: Int, in duration: Duration) {
        let seconds = duration / .seconds(1) / Double(count)
        secondsPerJob = 0.9 * secondsPerJob + 0.1 * seconds
    }

    private func mates(of first: Job) -> [Job] {
        guard largestBatch > 1, let key = first.work.batchKey else { return [first] }
        return Array(waiting.lazy.filter { $0.work.batchKey == key }.prefix(largestBatch))
    }

    private func take(_ jobs: [Job]) -> [Job] {
        waiting.removeAll { job in jobs.contains { $0 === job } }
        metrics.queued.record(waiting.count)
        return jobs
    }

    /// Forgets those whose client has gone, or whose deadline has passed.
    private func purge() {
        waiting.removeAll(where: \.isSettled)
    }
}
