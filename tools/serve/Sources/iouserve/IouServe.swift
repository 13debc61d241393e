import ArgumentParser
import IoUServer
import Logging
import ServiceLifecycle
import UnixSignals

/// Serves models over HTTP.
@main
struct IouServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iouserve",
        abstract: "Serves detectors, and any ONNX model, over HTTP.",
        usage: "iouserve MODEL... [options]",
        discussion: """
            POST /v1/detect takes pictures, /v2/… is the Open Inference Protocol, / is a page to
            try a detector. SIGTERM answers what is under way and ends; SIGHUP opens the models'
            files again.

            Exit status: 0 success, 1 the work failed, 64 wrong usage.
            """,
        version: serverVersion)

    @Argument(
        help: ArgumentHelp(
            "ONNX files; their names without the ending are the models' names, or NAME=FILE.",
            valueName: "model"))
    var models: [String]

    @OptionGroup(title: "Listening") var listening: ListeningArguments
    @OptionGroup(title: "Running") var running: RunningArguments
    @OptionGroup(title: "Limits") var limits: LimitArguments

    @Option(help: "trace, debug, info, notice, warning or error.", transform: IouServe.level)
    var logLevel: Logger.Level = .info

    func run() async throws {
        let sources = try modelSources()
        let options = try limits.apply(to: running.options, token: listening.readToken())
        let logger = Logger(label: "iouserve") { JSONLogHandler(label: $0, level: logLevel) }
        listening.warn(logger, hasToken: options.token != nil)
        let server = try await Server(
            sources, at: listening.address(limits), options: options, logger: logger,
            listening: { [listening] port in
                logger.notice(
                    "listening",
                    metadata: ["host": "\(listening.host)", "port": .stringConvertible(port)])
            })
        var configuration = ServiceGroupConfiguration(
            services: [.init(service: server), .init(service: ReloadService(server: server))],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        // A request takes no longer than its deadline; who is still there then is cut off.
        configuration.maximumGracefulShutdownDuration = options.deadline + .seconds(5)
        try await ServiceGroup(configuration: configuration).run()
        logger.notice("ended")
    }

    private func modelSources() throws -> [ModelSource] {
        let sources = models.map { text in
            let pair = text.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, !pair[0].contains("/") else {
                return ModelSource(name: IouServe.stem(of: text), path: text)
            }
            return ModelSource(name: String(pair[0]), path: String(pair[1]))
        }
        var names: Set<String> = []
        for source in sources where !names.insert(source.name).inserted {
            throw ValidationError(
                "models: expected names that differ, found '\(source.name)' twice")
        }
        return sources
    }

    private static func level(_ text: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: text) else {
            let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--log-level: expected one of \(names), found '\(text)'")
        }
        return level
    }

    private static func stem(of path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return name.hasSuffix(".onnx") ? String(name.dropLast(5)) : name
    }

    static func main() async {
        Memory.returnsLargeBlocks()
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            ToolFailure.exit(error)
        }
    }
}

/// Opens the models' files again at SIGHUP.
private struct ReloadService: Service {
    let server: Server

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            await server.reload()
        }
    }
}
