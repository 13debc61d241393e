import Hummingbird
import NIOCore

extension Request {
    /// The whole body.
    ///
    /// - Throws: 413 where it is too long, of which the announced length is enough; 415 where it is
    ///   compressed; 408 where it is not there in time.
    func bytes(
        upTo limit: Int, by deadline: ContinuousClock.Instant
    ) async throws(ServerError) -> [UInt8] {
        if let coding = headers[.contentEncoding], coding.lowercased() != "identity" {
            throw failure(
                .unsupportedMediaType,
                "header Content-Encoding: expected none or identity, found \(coding.quoted)")
        }
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw failure(
                .contentTooLarge, "body: expected at most \(limit) bytes, found \(length)")
        }
        do {
            let body = body
            return try await withDeadline(deadline) {
                [UInt8](try await body.collect(upTo: limit).readableBytesView)
            }
        } catch is NIOTooManyBytesError {
            throw failure(.contentTooLarge, "body: expected at most \(limit) bytes, found more")
        } catch is DeadlinePassed {
            throw failure(.requestTimeout, "body: expected its end in time, found none")
        } catch {
            throw .clientGone
        }
    }

    /// The rest of the body is not read.
    private func failure(_ status: HTTPResponse.Status, _ message: String) -> ServerError {
        var error = ServerError(status, message)
        error.closes = true
        return error
    }
}

struct DeadlinePassed: Error {}

/// - Throws: ``DeadlinePassed`` where `body` takes longer; it is cancelled then.
func withDeadline<Value: Sendable>(
    _ deadline: ContinuousClock.Instant, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask(operation: body)
        group.addTask {
            try await Task.sleep(until: deadline, clock: .continuous)
            throw DeadlinePassed()
        }
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw DeadlinePassed() }
        return value
    }
}
