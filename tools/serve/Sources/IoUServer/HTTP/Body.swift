import Hummingbird
import NIOCore

extension Service {
    /// Lends the whole body, which takes of the memory for all bodies as long.
    ///
    /// - Parameter limit: The longest body; `nil`: that of the options.
    /// - Throws: 413 where it is too long, of which the announced length is enough; 415 where it is
    ///   compressed; 408 where it is not there in time; 429 where bodies of others fill the memory.
    func withBody(
        of request: Request, upTo limit: Int? = nil, by deadline: ContinuousClock.Instant,
        _ body: ([UInt8]) async throws -> Response
    ) async throws -> Response {
        let limit = limit ?? options.bodyBytes
        let length = try request.checkedLength(upTo: limit)
        try bodies.take(length)
        defer { bodies.giveBack(length) }
        return try await body(request.bytes(upTo: limit, by: deadline))
    }
}

extension Request {
    /// The length that is announced, else the longest that there may be.
    fileprivate func checkedLength(upTo limit: Int) throws(ServerError) -> Int {
        if let coding = headers[.contentEncoding], coding.lowercased() != "identity" {
            throw failure(
                .unsupportedMediaType,
                "header Content-Encoding: expected none or identity, found \(coding.quoted)")
        }
        guard let length = headers[.contentLength].flatMap({ Int($0) }) else { return limit }
        guard length <= limit else {
            throw failure(
                .contentTooLarge, "body: expected at most \(limit) bytes, found \(length)")
        }
        return length
    }

    fileprivate func bytes(
        upTo limit: Int, by deadline: ContinuousClock.Instant
    ) async throws(ServerError) -> [UInt8] {
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
