import Hummingbird
import NIOCore

extension Service {
    /// Lends the whole body, whose bytes take of the memory for all bodies from when they are there.
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
        let share = BodyBudget.Share(of: bodies)
        defer { share.giveBack() }
        return try await body(
            request.bytes(length: length, upTo: limit, by: deadline, taking: share))
    }
}

extension Request {
    /// The length that is announced, if it is.
    fileprivate func checkedLength(upTo limit: Int) throws(ServerError) -> Int? {
        if let coding = headers[.contentEncoding], coding.lowercased() != "identity" {
            throw failure(
                .unsupportedMediaType,
                "header Content-Encoding: expected none or identity, found \(coding.quoted)")
        }
        guard let length = headers[.contentLength].flatMap({ Int($0) }) else { return nil }
        guard length <= limit else {
            throw failure(
                .contentTooLarge, "body: expected at most \(limit) bytes, found \(length)")
        }
        return length
    }

    fileprivate func bytes(
        length: Int?, upTo limit: Int, by deadline: ContinuousClock.Instant,
        taking share: BodyBudget.Share
    ) async throws(ServerError) -> [UInt8] {
        do {
            let body = body
            return try await withDeadline(deadline) {
                var bytes: [UInt8] = []
                for try await part in body {
                    guard part.readableBytes <= limit - bytes.count else {
                        throw failure(
                            .contentTooLarge, "body: expected at most \(limit) bytes, found more")
                    }
                    try share.take(part.readableBytes)
                    // The system gives this memory as it is written.
                    if let length { bytes.reserveCapacity(length) }
                    bytes += part.readableBytesView
                }
                return bytes
            }
        } catch let error as ServerError {
            throw error
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
