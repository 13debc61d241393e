import IoURuntime
import HTTPTypes
import Testing

@testable import IoUServer

struct PoolTests {
    @Test func refusesMoreThanItsLimit() async throws {
        let pool = Fixtures.pool(limit: 2)
        let jobs = [try Fixtures.job(), try Fixtures.job(), try Fixtures.job()]
        try await pool.submit(jobs[0])
        try await pool.submit(jobs[1])
        do throws(ServerError) {
            try await pool.submit(jobs[2])
            Issue.record("it was taken")
        } catch {
            #expect(error.status == .tooManyRequests)
            #expect((error.retryAfter ?? 0) >= 1)
        }
        jobs[0].settle(.failure(.clientGone))
        try await pool.submit(jobs[2])
    }

    @Test func givesTheOldestFirstAndNothingThatIsSettled() async throws {
        let pool = Fixtures.pool()
        let jobs = [try Fixtures.job(), try Fixtures.job(), try Fixtures.job()]
        for job in jobs { try await pool.submit(job) }
        jobs[0].settle(.failure(.deadline))
        #expect(await pool.next()?.first === jobs[1])
        #expect(await pool.next()?.first === jobs[2])
    }

    @Test func runsEqualJobsTogether() async throws {
        let pool = Fixtures.pool(largestBatch: 2, delay: .milliseconds(1))
        let other = DetectParameters(alpha: 0.5)
        let jobs = [
            try Fixtures.job(), try Fixtures.job(other), try Fixtures.job(), try Fixtures.job(),
        ]
        for job in jobs { try await pool.submit(job) }
        let first = await pool.next()
        #expect(first?.count == 2)
        #expect(first?[0] === jobs[0])
        #expect(first?[1] === jobs[2])
        #expect(await pool.next()?.count == 1)
    }

    @Test func answersWhatIsQueuedWhenItIsClosed() async throws {
        let pool = Fixtures.pool()
        let job = try Fixtures.job()
        try await pool.submit(job)
        await pool.close()
        #expect(await pool.next()?.first === job)
        #expect(await pool.next() == nil)
        await #expect(throws: ServerError.self) { try await pool.submit(try Fixtures.job()) }
    }

    @Test func aJobHasOneOutcome() async throws {
        let job = try Fixtures.job(for: .milliseconds(1))
        await #expect(throws: ServerError.deadline) { _ = try await job.answer() }
        job.settle(.success(.tensors([:])))
        await #expect(throws: ServerError.deadline) { _ = try await job.answer() }
    }

    @Test func aRunStopsWhenNobodyWaits() async throws {
        let engine = Engine(try Model(path: Fixtures.model), options: ServerOptions(workers: 1))
        let job = try Fixtures.job()
        let cancellation = Cancellation()
        let left = Countdown(1) { cancellation.cancel() }
        job.onSettled { left.decrement() }
        job.settle(.failure(.clientGone))
        #expect(cancellation.isCancelled)
        engine.run([job], cancellation: cancellation)
        await #expect(throws: ServerError.clientGone) { _ = try await job.answer() }
    }

    @Test func aBadPictureHarmsNoOther() async throws {
        let engine = Engine(try Model(path: Fixtures.model), options: ServerOptions(workers: 1))
        let bad = Job(
            .detect(
                DetectWork(
                    picture: [1, 2, 3], parameters: DetectParameters(), draws: false, keeps: false)),
            deadline: .now + .seconds(60))
        let jobs = [try Fixtures.job(), bad, try Fixtures.job()]
        engine.run(jobs, cancellation: Cancellation())
        await #expect(throws: ServerError.self) { _ = try await bad.answer() }
        guard case .detections(let first) = try await jobs[0].answer(),
            case .detections(let third) = try await jobs[2].answer()
        else {
            Issue.record("no detections")
            return
        }
        var detector = try Detector(Model(path: Fixtures.model))
        let expected = try detector.detect(in: Image(decoding: Fixtures.picture()))
        #expect(first.found.count == expected.count)
        #expect(third.found.map(\.label) == expected.map(\.label))
    }
}
