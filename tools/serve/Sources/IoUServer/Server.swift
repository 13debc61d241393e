import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
public import Logging
import NIOCore
import NIOSSL
public import ServiceLifecycle

/// Where a server listens, and what protects it.
public struct ServerAddress: Sendable {
    public var host: String
    public var port: Int
    /// Files of a certificate's chain and its key in PEM; `nil`: no TLS.
    public var tls: (certificate: String, key: String)?
    public var connections = 1024
    /// A connection on which nothing happens for so long is closed.
    public var idle: Duration = .seconds(60)

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }
}

/// Models behind HTTP.
public struct Server: ServiceLifecycle.Service {
    private let application: any ApplicationProtocol
    private let service: Service
    private let logger: Logger
    /// Where it listens, for errors.
    private let place: String

    /// Opens all models.
    ///
    /// - Parameter listening: Called with the port when the server listens.
    public init(
        _ sources: [ModelSource], at address: ServerAddress, options: ServerOptions,
        logger: Logger, listening: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws {
        let metrics = ServerMetrics(registry: MetricsRegistry())
        metrics.began()
        let connections = ClientConnections(metrics: metrics)
        let kept = KeptRuns(options.kept, metrics: metrics)
        service = Service(
            options: options,
            models: try await ModelRegistry(sources, options: options, metrics: metrics),
            kept: kept, connections: connections, bodies: BodyBudget(options),
            metrics: metrics)
        application = Application(
            router: service.router(),
            server: try Server.channels(address, options, connections),
            configuration: .init(
                address: .hostname(address.host, port: address.port), serverName: "iouserve",
                availableConnectionsDelegate: MaximumAvailableConnections(address.connections)),
            services: [KeptRunsService(kept: kept, interval: options.kept.age / 4)],
            onServerRunning: { channel in listening(channel.localAddress?.port ?? address.port) },
            logger: logger)
        self.logger = logger
        place = "\(address.host):\(address.port)"
    }

    /// Serves until a graceful shutdown: then it takes no new connection, and ends when all requests
    /// are answered.
    public func run() async throws {
        do {
            try await application.run()
        } catch let error
            where error is IOError || error is SocketAddressError
            || error is SocketAddressError.UnknownHost
        {
            throw ServerError(
                .internalServerError,
                "\(place): expected an address to listen on that is free, found: \(error)")
        }
        await service.models.close()
    }

    /// Opens all models' files again; one that cannot be opened stays as it was.
    public func reload() async {
        for name in service.models.names {
            do throws(ServerError) {
                try await service.reload(name)
                logger.notice("model reloaded", metadata: ["model": "\(name)"])
            } catch {
                logger.error("model not reloaded", metadata: ["error": "\(error.message)"])
            }
        }
    }

    private static func channels(
        _ address: ServerAddress, _ options: ServerOptions, _ connections: ClientConnections
    ) throws -> HTTPServerBuilder {
        let seconds = Int64(address.idle.components.seconds)
        let plain = HTTPServerBuilder.http1(
            configuration: .init(
                additionalChannelHandlers: [
                    ClientWatch(
                        connections, bodyBytes: options.bodyBytes,
                        patience: TimeAmount(options.deadline))
                ], idleTimeout: .seconds(seconds)))
        guard let tls = address.tls else { return plain }
        let chain = try readable(tls.certificate, "certificates in PEM") {
            try NIOSSLCertificate.fromPEMFile(tls.certificate)
        }
        let key = try readable(tls.key, "a private key in PEM") {
            try NIOSSLPrivateKey(file: tls.key, format: .pem)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        return try .tls(plain, tlsConfiguration: configuration)
    }

    private static func readable<Value>(
        _ path: String, _ expected: String, _ read: () throws -> Value
    ) throws(ServerError) -> Value {
        do {
            return try read()
        } catch {
            throw ServerError(
                .internalServerError, "'\(path)': expected \(expected), found: \(error)")
        }
    }
}
