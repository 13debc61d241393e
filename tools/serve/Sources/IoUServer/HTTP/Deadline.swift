import HTTPTypes
import Hummingbird

extension HTTPField.Name {
    /// Milliseconds that a client gives its request.
    static let deadline = HTTPField.Name("IoU-Deadline-Ms")!
}

extension ServerOptions {
    /// When a request has to be answered: as early as the client wishes, and no later than the
    /// server's own deadline.
    func deadline(
        of request: Request, _ context: ServerContext
    ) throws(ServerError) -> ContinuousClock.Instant {
        guard let text = request.headers[.deadline] else { return context.arrival + deadline }
        guard let milliseconds = Int(text), milliseconds > 0 else {
            throw .badRequest(
                "header IoU-Deadline-Ms: expected a whole number above 0, found \(text.quoted)")
        }
        return context.arrival + min(deadline, .milliseconds(min(milliseconds, 1 << 40)))
    }
}
