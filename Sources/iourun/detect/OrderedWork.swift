import Dispatch
import Synchronization

/// Values that several threads make, and one takes in the order of their positions.
///
/// At most `ahead` positions are begun and not taken yet, so that memory is bounded.
final class OrderedWork<Value: Sendable>: Sendable {
    private let positions: Range<Int>
    private let room: DispatchSemaphore
    private let arrived = DispatchSemaphore(value: 0)
    private let state: Mutex<State>

    private struct State {
        var next: Int
        var done: [Int: Value] = [:]
        var isStopped = false
    }

    init(_ positions: Range<Int>, ahead: Int) {
        self.positions = positions
        state = Mutex(State(next: positions.lowerBound))
        // A semaphore may not end below its first value.
        room = DispatchSemaphore(value: 0)
        for _ in 0..<ahead { room.signal() }
    }

    /// The position to work on, which may have to be waited for; nil: there are no more.
    func next() -> Int? {
        room.wait()
        let position: Int? = state.withLock { state in
            guard !state.isStopped, state.next < positions.upperBound else { return nil }
            defer { state.next += 1 }
            return state.next
        }
        // Others wait for the same end.
        if position == nil { room.signal() }
        return position
    }

    func put(_ value: Value, at position: Int) {
        state.withLock { $0.done[position] = value }
        arrived.signal()
    }

    /// Waits for the value of a position, which nobody else takes.
    func take(_ position: Int) -> Value {
        while true {
            if let value = state.withLock({ $0.done.removeValue(forKey: position) }) {
                room.signal()
                return value
            }
            arrived.wait()
        }
    }

    /// Nobody takes any more: `next` has no other position.
    func stop() {
        state.withLock { $0.isStopped = true }
        room.signal()
    }
}
