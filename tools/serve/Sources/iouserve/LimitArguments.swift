import ArgumentParser
import IoUServer

struct LimitArguments: ParsableArguments {
    @Option(help: "Requests of a model that wait for a session; more are refused.")
    var queue = 64

    @Option(help: "Seconds from a request to its answer, at most.")
    var deadline = 30.0

    @Option(help: "Connections at a time; more wait to be accepted.")
    var maxConnections = 1024

    @Option(help: "Megabytes of a request's body.")
    var maxBody = 32

    @Option(help: "Millions of pixels of a picture.")
    var maxPixels = 32

    @Option(help: "Runs that are kept to be scored again.")
    var keep = 32

    @Option(help: "Megabytes of these runs.")
    var keepMegabytes = 256

    @Option(help: "Seconds that such a run is kept.")
    var keepSeconds = 600

    func validate() throws {
        for (name, value, range) in [
            ("--queue", queue, 0...100_000), ("--max-connections", maxConnections, 1...1_000_000),
            ("--max-body", maxBody, 1...1024), ("--max-pixels", maxPixels, 1...256),
            ("--keep", keep, 0...100_000), ("--keep-megabytes", keepMegabytes, 1...1_000_000),
            ("--keep-seconds", keepSeconds, 1...1_000_000),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(name): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
        }
        guard deadline >= 0.001, deadline <= 86_400 else {
            throw ValidationError("--deadline: expected 0.001 to 86400, found \(deadline)")
        }
    }

    func apply(to running: ServerOptions, token: String?) -> ServerOptions {
        var options = running
        options.queue = queue
        options.deadline = .milliseconds(Int(deadline * 1000))
        options.bodyBytes = maxBody << 20
        options.pixels = maxPixels * 1_000_000
        options.kept.count = keep
        options.kept.bytes = keepMegabytes << 20
        options.kept.age = .seconds(keepSeconds)
        options.token = token
        return options
    }
}
