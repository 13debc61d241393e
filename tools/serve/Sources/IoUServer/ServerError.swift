public import HTTPTypes
import IoURuntime

/// Why a request has no other answer: a status, and one line that says where, what was expected,
/// what was found.
public struct ServerError: Error, Hashable, Sendable, CustomStringConvertible {
    public let status: HTTPResponse.Status
    public let message: String

    /// Seconds after which the client may try again.
    public var retryAfter: Int?

    /// Whether the connection ends with the answer, since the rest of the request is not read.
    public var closes = false

    public init(_ status: HTTPResponse.Status, _ message: String) {
        self.status = status
        self.message = message
    }

    public var description: String { message }

    static func badRequest(_ message: String) -> ServerError { ServerError(.badRequest, message) }

    static let deadline = ServerError(
        .gatewayTimeout, "deadline: passed before there was an answer")

    /// nginx's status for logs and counters; nobody is there to see it.
    static let clientGone = ServerError(
        .init(code: 499, reasonPhrase: "Client Closed Request"), "client: closed the connection")

    static let closing = ServerError(
        .serviceUnavailable, "server: takes no more requests, since it is shutting down")
}

extension ServerError {
    /// What the library refused, by whose fault it is.
    init(_ error: IoUError, at place: String? = nil) {
        let status: HTTPResponse.Status =
            switch error.code {
            case .invalidArgument, .badImage: .badRequest
            case .limit: .contentTooLarge
            case .unsupported, .badData, .badMetadata, .badModel: .unprocessableContent
            case .deadline: .gatewayTimeout
            case .cancelled: ServerError.clientGone.status
            case .outOfMemory: .serviceUnavailable
            default: .internalServerError
            }
        self.init(status, place.map { "\($0): \(error.message)" } ?? error.message)
    }

    /// Any error; those that nobody foresaw are the server's fault, and say nothing of it.
    init(from error: any Error) {
        switch error {
        case let error as ServerError: self = error
        case let error as IoUError: self.init(error)
        case is CancellationError: self = .closing
        default: self.init(.internalServerError, "server: an error of its own")
        }
    }
}
