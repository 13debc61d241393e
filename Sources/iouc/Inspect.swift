import ArgumentParser
import IoUConsole
import IoUGraph
import IoURuntime

/// `iouc inspect MODEL.onnx`
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what a model holds, and what it costs to run.",
        discussion: """
            Prints inputs, outputs, operators with counts and multiply-adds, parameters, the plan \
            of the runtime with its memory, detector metadata, and operators that the runtime \
            lacks. Multiply-adds and memory depend on the shapes of the inputs: a detector's come \
            from its metadata, others that the model leaves open are given with --shape.
            """)

    @Argument(help: "Any ONNX model.", completion: .file(extensions: ["onnx"]))
    var model: String

    @Option(
        name: .customLong("shape"),
        help: ArgumentHelp(
            """
            The shape of an input, for the numbers that depend on it (default: the nominal size of \
            the detector metadata). Once for each.
            """,
            valueName: "name=1x3x480x640"))
    var shapes: [ShapeArgument] = []

    @Flag(help: "Print JSON, with every step of the plan.")
    var json = false

    @Flag(help: "Print every step of the plan.")
    var steps = false

    @Flag(help: "Print nothing but the detector metadata, as 'iouc annotate' reads it.")
    var metadata = false

    @OptionGroup var links: LinkArguments

    func validate() throws {
        guard !metadata || !json && !steps && shapes.isEmpty else {
            throw ValidationError("--metadata: expected alone, found with other options")
        }
    }

    func run() throws {
        let graph = try IoUGraph.Model(path: model, refusingLinks: links.refuseLinks)
        guard !metadata else {
            return try StandardOutput.write(try MetadataListing(of: graph).text)
        }
        let report = try InspectReport(
            of: graph, at: model, shapes: shapes, options: links.modelOptions)
        if json {
            let bytes = try JSON.encode(report, for: "--json")
            try StandardOutput.write(String(decoding: bytes, as: UTF8.self))
        } else {
            try StandardOutput.write(report.text(withSteps: steps))
        }
    }
}
