import CoreMetrics
import HTTPTypes
import IoURuntime
import ServiceLifecycle

/// Runs that clients may have scored again, bounded by number, bytes and age. Where there is no
/// room, the one that nobody asked for the longest time goes.
actor KeptRuns {
    struct Entry {
        let run: KeptRun
        let model: ServedModel
        let since: ContinuousClock.Instant
        var lastUse: ContinuousClock.Instant
    }

    private let limits: KeptLimits
    private let metrics: ServerMetrics
    private var entries: [String: Entry] = [:]
    private var bytes = 0

    init(_ limits: KeptLimits, metrics: ServerMetrics) {
        self.limits = limits
        self.metrics = metrics
    }

    /// - Returns: A token that nobody can guess.
    /// - Throws: 413 where the run alone is too large.
    func keep(
        _ run: KeptRun, of model: ServedModel, now: ContinuousClock.Instant = .now
    ) throws(ServerError) -> String {
        let size = run.byteCount
        guard size <= limits.bytes, limits.count > 0 else {
            throw ServerError(
                .contentTooLarge,
                "kept runs: expected at most \(limits.bytes) bytes, found maps of \(size)")
        }
        dropOld(now)
        while entries.count >= limits.count || bytes + size > limits.bytes {
            guard let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else {
                break
            }
            drop(oldest.key)
        }
        let token = KeptRuns.makeToken()
        entries[token] = Entry(run: run, model: model, since: now, lastUse: now)
        bytes += size
        report()
        return token
    }

    /// - Throws: 410 where the run was dropped, or never was.
    func run(
        _ token: String, now: ContinuousClock.Instant = .now
    ) throws(ServerError) -> (run: KeptRun, model: ServedModel) {
        dropOld(now)
        guard let entry = entries[token] else {
            throw ServerError(
                .gone,
                "token: expected that of a run that is kept, found one that is gone; "
                    + "send the picture again")
        }
        entries[token]?.lastUse = now
        return (entry.run, entry.model)
    }

    /// A model that was replaced scores nothing any more.
    func drop(of model: ServedModel) {
        for (token, entry) in entries where entry.model === model { drop(token) }
        report()
    }

    func dropOld(_ now: ContinuousClock.Instant = .now) {
        for (token, entry) in entries where now - entry.since > limits.age { drop(token) }
        report()
    }

    private func drop(_ token: String) {
        guard let entry = entries.removeValue(forKey: token) else { return }
        bytes -= entry.run.byteCount
    }

    private func report() {
        metrics.keptRuns.set(entries.count)
        metrics.keptBytes.set(bytes)
    }

    private static func makeToken() -> String {
        var source = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(source.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

/// Frees the memory of old runs while nobody asks for any.
struct KeptRunsService: ServiceLifecycle.Service {
    let kept: KeptRuns
    let interval: Duration

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: interval)
                await kept.dropOld()
            }
        }
    }
}
