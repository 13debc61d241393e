import HTTPTypes
import Hummingbird
import Logging
import Metrics

/// Makes one JSON error of every failure, counts the request and logs it.
struct Answering: RouterMiddleware {
    let metrics: ServerMetrics
    let connections: ClientConnections

    func handle(
        _ request: Request, context: ServerContext,
        next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        var response: Response
        var failure: String?
        do {
            response = try await next(request, context)
        } catch {
            let error = refusal(error, request)
            failure = error.message
            response = Response(error)
        }
        if connections[context.channel]?.isGone == true {
            response.status = ServerError.clientGone.status
        }
        let duration = ContinuousClock.now - context.arrival
        let endpoint = context.endpointPath ?? "other"
        metrics.request(
            endpoint, known(request.method), status: response.status.code, took: duration)
        log(request, response, failure, duration, context.logger)
        return response
    }

    /// The router's own failures have no text.
    private func refusal(_ error: any Error, _ request: Request) -> ServerError {
        guard let error = error as? HTTPError else { return ServerError(from: error) }
        if error.status == .notFound {
            return ServerError(
                .notFound, "path: expected one of the server's, found \(request.uri.path.quoted)")
        }
        return ServerError(error.status, error.body ?? "request: \(error.status.reasonPhrase)")
    }

    /// Clients may invent methods without end.
    private func known(_ method: HTTPRequest.Method) -> String {
        [.get, .head, .post, .put, .delete, .options, .patch].contains(method)
            ? method.rawValue : "other"
    }

    private func log(
        _ request: Request, _ response: Response, _ failure: String?, _ duration: Duration,
        _ logger: Logger
    ) {
        let code = response.status.code
        let level: Logger.Level = code >= 500 ? .error : code >= 400 ? .info : .debug
        var facts: Logger.Metadata = [
            "method": "\(request.method)", "path": "\(request.uri.path.printable)",
            "status": .stringConvertible(code),
            "milliseconds": .stringConvertible((duration / .microseconds(1)).rounded() / 1000),
        ]
        if let failure { facts["error"] = "\(failure)" }
        logger.log(level: level, "request", metadata: facts)
    }
}
