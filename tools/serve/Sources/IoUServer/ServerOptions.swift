import IoURuntime
import NIOCore

/// What a server is told when it starts.
public struct ServerOptions: Sendable {
    /// Sessions of each model, which run at the same time.
    public var workers: Int
    /// Threads of each session.
    public var threads = 1
    /// Requests that wait for a session of a model; more are refused.
    public var queue = 64
    /// The longest time from the head of a request to its answer. A request may ask for less.
    public var deadline: Duration = .seconds(30)
    /// The most pictures of requests that a session sees together.
    public var largestBatch = 1
    /// How long a picture waits for others.
    public var batchDelay: Duration = .milliseconds(2)
    /// The longest body of a request.
    public var bodyBytes = 32 << 20
    /// The most pixels of a picture.
    public var pixels = 1 << 25
    public var kept = KeptLimits()
    /// Clients must send it; `nil`: anybody may ask.
    public var token: String?

    public init(workers: Int) {
        self.workers = workers
    }

    var imageLimits: ImageLimits {
        ImageLimits(maximumPixels: pixels, maximumFileBytes: bodyBytes)
    }
}

/// How much is kept of runs, to be scored again.
public struct KeptLimits: Hashable, Sendable {
    public var count = 32
    public var bytes = 256 << 20
    public var age: Duration = .seconds(600)

    public init() {}
}

extension ServerOptions {
    /// The processors that this process may use.
    public static var processors: Int { System.coreCount }
}
