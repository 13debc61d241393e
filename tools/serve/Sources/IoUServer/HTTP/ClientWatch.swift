import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Watches one connection: tells that the client goes, asks for a body that the client holds back,
/// ends the connection behind an answer that says so or whose request was not read to its end, and
/// keeps it open until answers that were begun have been sent.
///
/// A client that closes its half of the connection counts as gone.
final class ClientWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let connections: ClientConnections
    private let bodyBytes: Int
    private var client: Client?
    private var closes = false
    /// Requests that were read to their end, and have no answer yet.
    private var wholeRequests = 0
    /// Answers of which the client has not taken all.
    private var unsent = 0
    /// To close the connection once there are none.
    private var heldClose: (promise: EventLoopPromise<Void>, alarm: Scheduled<Void>)?

    /// How long a client may take for the rest of an answer when the connection is to be closed.
    private let patience: TimeAmount
    /// Time for the client to read the answer, while it still sends what nobody wants.
    private static let linger: TimeAmount = .seconds(1)

    init(_ connections: ClientConnections, bodyBytes: Int, patience: TimeAmount) {
        self.connections = connections
        self.bodyBytes = bodyBytes
        self.patience = patience
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { client = connections.opened(context.channel) }
    }

    func channelActive(context: ChannelHandlerContext) {
        client = client ?? connections.opened(context.channel)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        client?.goes()
        connections.closed(context.channel)
        releaseClose(context)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { client?.goes() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head) where awaitsContinue(head):
            let answer = HTTPResponse(status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(answer)), promise: nil)
        case .head, .body: break
        case .end: wholeRequests += 1
        }
        context.fireChannelRead(data)
    }

    private func awaitsContinue(_ head: HTTPRequest) -> Bool {
        head.headerFields[.expect]?.lowercased() == "100-continue"
            && (head.headerFields[.contentLength].flatMap { Int($0) } ?? 0) <= bodyBytes
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head): begin(head, context, promise)
        case .body: context.write(data, promise: promise)
        case .end: end(data, context, promise)
        }
    }

    private func begin(
        _ head: HTTPResponse, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        var head = head
        // The rest of the request's body would be read for nobody, however long it is.
        if wholeRequests == 0 { head.headerFields[.connection] = "close" }
        closes = head.headerFields[.connection]?.lowercased() == "close"
        wholeRequests = max(0, wholeRequests - 1)
        if ClientWatch.isWordless(head) { return explain(head, context, promise) }
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    private func end(
        _ data: NIOAny, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        unsent += 1
        let sent = promise ?? context.eventLoop.makePromise()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        sent.futureResult.whenComplete { _ in
            let (watch, context) = bound.value
            watch.unsent -= 1
            if watch.unsent == 0 { watch.releaseClose(context) }
        }
        guard closes else { return context.write(data, promise: sent) }
        context.writeAndFlush(data, promise: sent)
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        context.eventLoop.scheduleTask(in: ClientWatch.linger) {
            channel.close(promise: nil)
        }
    }

    /// A close drops what was not sent: it waits until that is done, though not for ever.
    func close(
        context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?
    ) {
        guard mode == .all, unsent > 0, context.channel.isActive else {
            return context.close(mode: mode, promise: promise)
        }
        if let heldClose {
            heldClose.promise.futureResult.cascade(to: promise)
            return
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let alarm = context.eventLoop.scheduleTask(in: patience) {
            let (watch, context) = bound.value
            watch.releaseClose(context)
        }
        heldClose = (promise ?? context.eventLoop.makePromise(), alarm)
    }

    private func releaseClose(_ context: ChannelHandlerContext) {
        guard let held = heldClose else { return }
        heldClose = nil
        held.alarm.cancel()
        context.close(mode: .all, promise: held.promise)
    }

    /// What Hummingbird answers when the bytes of a client are no HTTP.
    private static func isWordless(_ head: HTTPResponse) -> Bool {
        head.status == .badRequest && head.headerFields[.contentLength] == "0"
    }

    private func explain(
        _ head: HTTPResponse, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?
    ) {
        let error = ServerError.badRequest("request: expected HTTP/1.1, found others")
        var head = head
        head.headerFields[.contentType] = "application/json"
        head.headerFields[.contentLength] = "\(error.json.count)"
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: error.json))), promise: promise)
    }
}
