import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Watches one connection: tells that the client goes, asks for a body that the client holds back,
/// and ends the connection behind an answer that says so.
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

    /// Time for the client to read the answer, while it still sends what nobody wants.
    private static let linger: TimeAmount = .seconds(1)

    init(_ connections: ClientConnections, bodyBytes: Int) {
        self.connections = connections
        self.bodyBytes = bodyBytes
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
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { client?.goes() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data),
            head.headerFields[.expect]?.lowercased() == "100-continue",
            (head.headerFields[.contentLength].flatMap { Int($0) } ?? 0) <= bodyBytes
        {
            let answer = HTTPResponse(status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(answer)), promise: nil)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            closes = head.headerFields[.connection]?.lowercased() == "close"
            if ClientWatch.isWordless(head) { return explain(head, context, promise) }
        case .body: break
        case .end where closes:
            context.writeAndFlush(data, promise: promise)
            context.close(mode: .output, promise: nil)
            let channel = context.channel
            context.eventLoop.scheduleTask(in: ClientWatch.linger) {
                channel.close(promise: nil)
            }
            return
        case .end: break
        }
        context.write(data, promise: promise)
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
