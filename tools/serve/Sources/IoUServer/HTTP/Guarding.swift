import HTTPTypes
import Hummingbird

/// Lets through whoever has the token, where one is set, and no page of another site.
struct Guarding: RouterMiddleware {
    let token: String?

    /// They tell nothing, and load balancers and browsers ask for them without a token.
    private static let open: Set<String> = [
        "/", "/page.js", "/page.css", "/v2/health/live", "/v2/health/ready",
    ]

    func handle(
        _ request: Request, context: ServerContext,
        next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        if let origin = request.headers[.origin], !isOwn(origin, request) {
            throw refusal(
                .forbidden, "header Origin: expected this server's own, found \(origin.quoted)")
        }
        if let token, !Guarding.open.contains(request.uri.path) {
            guard hasToken(request, token) else {
                throw refusal(
                    .unauthorized, "header Authorization: expected 'Bearer' and the server's token")
            }
        }
        return try await next(request, context)
    }

    /// A page may ask for what is on its own host only: browsers say which page asks.
    private func isOwn(_ origin: String, _ request: Request) -> Bool {
        guard let authority = request.head.authority else { return false }
        return ["http://\(authority)", "https://\(authority)"].contains(origin.lowercased())
    }

    private func hasToken(_ request: Request, _ token: String) -> Bool {
        guard let given = request.headers[.authorization],
            given.lowercased().hasPrefix("bearer ")
        else { return false }
        return equals(Array(given.utf8.dropFirst(7)), Array(token.utf8))
    }

    /// Takes as long wherever texts differ.
    private func equals(_ one: [UInt8], _ other: [UInt8]) -> Bool {
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    /// Whoever may not ask does not get the body read either.
    private func refusal(_ status: HTTPResponse.Status, _ message: String) -> ServerError {
        var error = ServerError(status, message)
        error.closes = true
        return error
    }
}
