import Synchronization

/// Calls a function when it was decremented so many times: a run goes on until the last of its
/// jobs is settled.
final class Countdown: Sendable {
    private let left: Atomic<Int>
    private let atZero: @Sendable () -> Void

    init(_ count: Int, atZero: @escaping @Sendable () -> Void) {
        left = Atomic(count)
        self.atZero = atZero
    }

    func decrement() {
        if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { atZero() }
    }
}
