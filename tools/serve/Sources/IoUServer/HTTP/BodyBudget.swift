import HTTPTypes
import Synchronization

/// Memory for all bodies that are there at a time: as many connections as there may be, each with
/// the longest body, would take more than a machine has.
final class BodyBudget: Sendable {
    private let bytes: Int
    private let taken = Mutex(0)

    /// Bodies of the greatest length that fit.
    private static let longest = 16

    init(_ options: ServerOptions) {
        bytes = options.bodyBytes * BodyBudget.longest
    }

    /// - Throws: 429 where others have the memory; what was taken is to be given back.
    func take(_ count: Int) throws(ServerError) {
        let fits = taken.withLock { taken in
            let fits = taken + count <= bytes
            if fits { taken += count }
            return fits
        }
        guard !fits else { return }
        var error = ServerError(
            .tooManyRequests, "bodies: expected at most \(bytes) bytes at a time, found more")
        error.retryAfter = 1
        error.closes = true
        throw error
    }

    func giveBack(_ count: Int) {
        taken.withLock { $0 -= count }
    }
}
