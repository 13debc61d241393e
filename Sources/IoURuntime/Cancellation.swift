internal import Synchronization

/// A flag that stops runs from another thread: put it into ``RunOptions/cancellation``.
///
/// A flag that was set stays set. One flag may stop any number of runs.
public final class Cancellation: @unchecked Sendable {
    /// C reads the same four bytes, atomically too.
    private let flag: UnsafeMutablePointer<Atomic<Int32>>
    private let followers = Mutex<[ObjectIdentifier: Cancellation]>([:])

    public init() {
        flag = .allocate(capacity: 1)
        flag.initialize(to: Atomic(0))
    }

    deinit {
        flag.deinitialize(count: 1)
        flag.deallocate()
    }

    /// Runs that carry this flag stop, between two operators, with ``IoUError/Code/cancelled``.
    public func cancel() {
        flag.pointee.store(1, ordering: .releasing)
        followers.withLock { followers in
            for follower in followers.values { follower.cancel() }
        }
    }

    /// Whether ``cancel()`` was called.
    public var isCancelled: Bool { flag.pointee.load(ordering: .acquiring) != 0 }

    /// Valid as long as the flag.
    var word: UnsafePointer<Int32> {
        UnsafeRawPointer(flag).assumingMemoryBound(to: Int32.self)
    }

    /// Cancels `follower` as well, until ``remove(_:)``.
    func add(_ follower: Cancellation) {
        followers.withLock { $0[ObjectIdentifier(follower)] = follower }
        if isCancelled { follower.cancel() }
    }

    func remove(_ follower: Cancellation) {
        followers.withLock { $0[ObjectIdentifier(follower)] = nil }
    }
}
