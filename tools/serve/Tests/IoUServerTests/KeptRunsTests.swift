import IoURuntime
import Testing

@testable import IoUServer

struct KeptRunsTests {
    private let metrics = ServerMetrics(registry: MetricsRegistry())

    @Test func isBoundedByCountBytesAndAge() async throws {
        let (run, model) = try await keptRun()
        let start = ContinuousClock.now
        var limits = KeptLimits()
        limits.count = 2
        limits.age = .seconds(10)
        let kept = KeptRuns(limits, metrics: metrics)
        let tokens = [
            try await kept.keep(run, of: model, now: start),
            try await kept.keep(run, of: model, now: start + .seconds(1)),
        ]
        #expect(Set(tokens).count == 2)
        _ = try await kept.run(tokens[0], now: start + .seconds(2))
        // The second was not asked for since, and makes room.
        let third = try await kept.keep(run, of: model, now: start + .seconds(3))
        await #expect(throws: ServerError.self) {
            _ = try await kept.run(tokens[1], now: start + .seconds(3))
        }
        await #expect(throws: ServerError.self) {
            _ = try await kept.run(tokens[0], now: start + .seconds(11))
        }
        _ = try await kept.run(third, now: start + .seconds(11))
        await kept.drop(of: model)
        await #expect(throws: ServerError.self) { _ = try await kept.run(third) }

        limits.bytes = run.byteCount - 1
        let small = KeptRuns(limits, metrics: metrics)
        await #expect(throws: ServerError.self) { _ = try await small.keep(run, of: model) }
        limits.bytes = 2 * run.byteCount - 1
        let one = KeptRuns(limits, metrics: metrics)
        let old = try await one.keep(run, of: model)
        let new = try await one.keep(run, of: model)
        await #expect(throws: ServerError.self) { _ = try await one.run(old) }
        _ = try await one.run(new)
        await model.close()
    }

    @Test func scoresAsADetectorDoes() async throws {
        let (run, model) = try await keptRun()
        var detector = try Detector(
            Model(path: Fixtures.model), options: SessionOptions(threads: 1))
        let image = try Image(decoding: Fixtures.picture())
        for alpha in [Float(0), 0.3, 1] {
            let parameters = DetectParameters(alpha: alpha, scoreThreshold: 0.5, nmsThreshold: 0.3)
            let again = try await model.rescorer.rescore(run, parameters)
            #expect(try again == detector.detect(in: image, options: parameters.options))
        }
        await model.close()
    }

    private func keptRun() async throws -> (KeptRun, ServedModel) {
        let loader = ModelLoader(options: ServerOptions(workers: 1), metrics: MetricsRegistry())
        let model = try await loader.load(ModelSource(name: "m", path: Fixtures.model))
        let job = try Fixtures.job(keeps: true)
        try await model.pool.submit(job)
        guard case .detections(let answer) = try await job.answer(), let kept = answer.kept else {
            throw ServerError.closing
        }
        return (kept, model)
    }
}
