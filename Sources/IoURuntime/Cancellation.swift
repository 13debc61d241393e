/// A flag that stops runs from another thread.
///
/// The library reads the flag as a `volatile int` between operators. A store of one aligned word
/// needs no lock: the run sees either the old value or the new one.
public final class Cancellation: @unchecked Sendable {
    let flag: UnsafeMutablePointer<Int32>

    public init() {
        flag = .allocate(capacity: 1)
        flag.initialize(to: 0)
    }

    deinit {
        flag.deallocate()
    }

    /// Runs that carry this flag stop with ``IoUError/Code-swift.struct/cancelled``.
    public func cancel() {
        flag.pointee = 1
    }
}
