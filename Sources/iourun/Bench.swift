import ArgumentParser
import IoUConsole
import IoURuntime

/// `iourun bench MODEL.onnx`
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures how fast a model runs, on seeded inputs.",
        discussion: """
            The latency is that of runs after the warm-up, without profiling. The first result \
            counts from the start of the process: load, preparation and first run. With --per-op, \
            the model is run once more with profiling, and every operator's median is shown.
            """)

    @Argument(help: "Any ONNX model.", completion: .file(extensions: ["onnx"]))
    var model: FilePath

    @Option(help: ArgumentHelp("Runs that are measured.", valueName: "N"))
    var runs = 20

    @Option(help: ArgumentHelp("Runs before them, after the first result.", valueName: "N"))
    var warmup = 3

    @Option(
        name: .customLong("shape"),
        help: ArgumentHelp(
            "The shape of an input; needed where the model leaves it open. Once for each.",
            valueName: "name=1x3x480x640"))
    var shapes: [ShapeArgument] = []

    @Flag(name: .customLong("per-op"), help: "Show the time of every operator, longest first.")
    var perOperator = false

    @Option(
        help: ArgumentHelp(
            "Write JSON to the file; '-': to standard output, instead of the text.",
            valueName: "file"))
    var json: ResultTarget?

    @OptionGroup var running: RunArguments

    func validate() throws {
        guard (1...1_000_000).contains(runs) else {
            throw ValidationError("--runs: wanted 1 to 1000000, found \(runs)")
        }
        guard (0...1_000_000).contains(warmup) else {
            throw ValidationError("--warmup: wanted 0 to 1000000, found \(warmup)")
        }
    }

    func run() throws {
        if let file = json?.file {
            try InputGuard([model]).check(file)
            try file.checkWritable()
        }
        let report = try BenchRun(self).measure()
        try json?.write(JSON.encode(report, for: "--json"))
        if json != .standardOutput { try StandardOutput.write(report.text) }
    }
}
