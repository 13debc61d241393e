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
            the model is run again with profiling, and every operator's median is shown, with its \
            share of what the processor reaches in registers.
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
            """
            The shape of an input, where the model leaves it open (default: the nominal size of the \
            detector metadata). Once for each.
            """,
            valueName: "name=1x3x480x640"))
    var shapes: [ShapeArgument] = []

    @Flag(name: .customLong("per-op"), help: "Show the time of every operator, longest first.")
    var perOperator = false

    @Option(
        help: ArgumentHelp(
            "Draw the operators below the measured ceilings, as PNG; implies --per-op.",
            valueName: "file"))
    var roofline: FilePath?

    @Option(
        help: ArgumentHelp(
            "Write JSON to the file; '-': to standard output, instead of the text.",
            valueName: "file"))
    var json: ResultTarget?

    @OptionGroup var running: RunArguments

    func validate() throws {
        try (1...1_000_000).check(runs, of: "--runs")
        try (0...1_000_000).check(warmup, of: "--warmup")
        guard roofline == nil || roofline != json?.file else {
            throw ValidationError("--json and --roofline: expected two files, found one")
        }
    }

    /// Whether the operators are measured.
    var measuresOperators: Bool { perOperator || roofline != nil }

    func run() throws {
        try checkOutputs()
        let report = try BenchRun(self).measure()
        if let roofline { try report.drawRoofline(to: roofline) }
        try json?.write(JSON.encode(report, for: "--json"))
        if json != .standardOutput { try StandardOutput.write(report.text) }
    }

    private func checkOutputs() throws(IoUError) {
        let inputs = FileGuard([model])
        try json?.check(sparing: inputs)
        if let roofline {
            try inputs.check(roofline)
            try roofline.checkWritablePNG()
        }
    }
}
