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
    }

    /// Serves until a graceful shutdown: then it takes no new connection, and ends when all requests
    /// are answered.
    public func run() async throws {
        try await application.run()
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
                    ClientWatch(connections, bodyBytes: options.bodyBytes)
                ], idleTimeout: .seconds(seconds)))
        guard let tls = address.tls else { return plain }
        let chain = try NIOSSLCertificate.fromPEMFile(tls.certificate)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: tls.key, format: .pem)))
        configuration.minimumTLSVersion = .tlsv12
        return try .tls(plain, tlsConfiguration: configuration)
    }
}
