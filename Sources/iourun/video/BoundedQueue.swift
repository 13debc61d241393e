import Dispatch
import Synchronization

/// Hands values from one thread to another, in order; who puts waits where `capacity` are in it.
final class BoundedQueue<Element: Sendable>: Sendable {
    private let room: DispatchSemaphore
    private let filled = DispatchSemaphore(value: 0)
    private let state = Mutex(State())

    private struct State {
        var elements: [Element] = []
        var isClosed = false
    }

    init(capacity: Int) {
        // A semaphore may not end below its first value.
        room = DispatchSemaphore(value: 0)
        for _ in 0..<capacity { room.signal() }
    }

    /// - Returns: Whether the queue has taken the element: false once it is closed.
    @discardableResult
    func put(_ element: sending Element) -> Bool {
        room.wait()
        let element = element
        let isTaken = state.withLock { state in
            if !state.isClosed { state.elements.append(element) }
            return !state.isClosed
        }
        if isTaken { filled.signal() } else { room.signal() }
        return isTaken
    }

    /// Waits for an element.
    func take() -> Element {
        filled.wait()
        defer { room.signal() }
        return state.withLock { $0.elements.removeFirst() }
    }

    /// Nobody takes any more, so that nobody who puts waits.
    func close() {
        state.withLock { $0.isClosed = true }
        room.signal()
    }
}
