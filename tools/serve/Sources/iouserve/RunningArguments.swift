import ArgumentParser
import IoUServer

struct RunningArguments: ParsableArguments {
    @Option(help: "Sessions of each model; a session for each processor if left out.")
    var workers: Int?

    @Option(help: "Threads of each session.")
    var threads = 1

    @Option(help: "The most pictures that are run together, where the model takes batches.")
    var maxBatch = 1

    @Option(help: "Milliseconds that a picture waits for others, where they are run together.")
    var batchDelay = 2

    func validate() throws {
        for (name, value, range) in [
            ("--workers", workers ?? 1, 1...256), ("--threads", threads, 1...256),
            ("--max-batch", maxBatch, 1...256), ("--batch-delay", batchDelay, 0...10_000),
        ] where !range.contains(value) {
            throw ValidationError(
                "\(name): expected \(range.lowerBound) to \(range.upperBound), found \(value)")
        }
    }

    var options: ServerOptions {
        var options = ServerOptions(
            workers: workers ?? max(1, ServerOptions.processors / threads))
        options.threads = threads
        options.largestBatch = maxBatch
        options.batchDelay = .milliseconds(batchDelay)
        return options
    }
}
