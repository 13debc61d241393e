import CoreMetrics
import NIOCore
import Synchronization

/// The open connections, by their channel, so that a request finds its client.
final class ClientConnections: Sendable {
    private let clients = Mutex<[ObjectIdentifier: Client]>([:])
    private let metrics: ServerMetrics

    init(metrics: ServerMetrics) {
        self.metrics = metrics
    }

    func opened(_ channel: any Channel) -> Client {
        let client = Client()
        let count = clients.withLock { clients in
            clients[ObjectIdentifier(channel)] = client
            return clients.count
        }
        metrics.connections.set(count)
        return client
    }

    func closed(_ channel: any Channel) {
        let count = clients.withLock { clients in
            clients[ObjectIdentifier(channel)] = nil
            return clients.count
        }
        metrics.connections.set(count)
    }

    subscript(channel: any Channel) -> Client? {
        clients.withLock { $0[ObjectIdentifier(channel)] }
    }
}

/// The other end of a connection, which may go before it has its answer.
final class Client: Sendable {
    private struct State {
        var isGone = false
        var onGone: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var isGone: Bool { state.withLock { $0.isGone } }

    func goes() {
        let onGone = state.withLock { state in
            state.isGone = true
            return state.onGone.take()
        }
        onGone?()
    }

    /// `body` is called when the client goes, which may be now; `nil`: nothing is called any more.
    func onGone(_ body: (@Sendable () -> Void)?) {
        let isGone = state.withLock { state in
            state.onGone = state.isGone ? nil : body
            return state.isGone
        }
        if isGone { body?() }
    }
}
