internal import CIoU
internal import Glibc

/// Options of one run.
public struct RunOptions: Sendable {
    /// The run stops, between two operators, when this has passed; `nil`: never.
    public var timeout: Duration?

    /// Stops the run from another thread, between two operators.
    public var cancellation: Cancellation?

    public init(timeout: Duration? = nil, cancellation: Cancellation? = nil) {
        self.timeout = timeout
        self.cancellation = cancellation
    }

    func withC<Result>(_ body: (UnsafePointer<iou_run_options>) -> Result) -> Result {
        var options = iou_run_options()
        options.struct_size = MemoryLayout<iou_run_options>.stride
        options.deadline_ns = timeout.map(RunOptions.deadline) ?? 0
        options.cancel = cancellation?.word
        return withExtendedLifetime(cancellation) { body(&options) }
    }

    /// On the monotonic clock; at least 1, since 0 means no deadline.
    private static func deadline(after timeout: Duration) -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let (seconds, attoseconds) = timeout.components
        let wait = Double(seconds) * 1e9 + Double(attoseconds) / 1e9
        let instant = Double(now.tv_sec) * 1e9 + Double(now.tv_nsec) + wait
        return Int64(min(max(instant, 1), 9e18))
    }
}
