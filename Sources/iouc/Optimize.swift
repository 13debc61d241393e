import ArgumentParser
import IoUCompiler
import IoUConsole
import IoUGraph

/// `iouc optimize`: a model that computes the same with less.
struct Optimize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the compiler's passes over an ONNX model.",
        discussion: """
            The result has standard operators only, computes the same but for rounding, and is not \
            changed by optimizing it again. Parts that are not understood stay as they are. Of a \
            model with weights in other files those of the result go to OUTPUT.data, or OUTPUT.1.data and \
            so on where that is taken.
            """)

    @Argument(help: "The model to read.")
    var input: String

    @Argument(help: "The file to write; may be the same.")
    var output: String

    @Flag(
        help: ArgumentHelp(
            "Also emit operators of the domain ai.iou, with function bodies.",
            discussion: "ONNX Runtime and this project's runtime run such files."))
    var fuse = false

    @Flag(help: "Print for every pass and rule what it did, or why not.")
    var explain = false

    @Option(
        help: ArgumentHelp(
            "Only these passes and rules, separated by commas.", valueName: "list"))
    var passes: PassList?

    @Option(
        name: .customLong("shape"),
        help: ArgumentHelp(
            """
            The shape of an input, for the costs that --explain prints (default: the nominal size of \
            the detector metadata). Once for each.
            """, valueName: "name=1x3x480x640"))
    var shapes: [ShapeArgument] = []

    @OptionGroup var links: LinkArguments

    func validate() throws {
        guard shapes.isEmpty || explain else {
            throw ValidationError("--shape: expected together with --explain")
        }
    }

    func run() throws {
        Progress.show("reading \(input)")
        let model = try Model(
            path: input, loadingExternalData: true, refusingLinks: links.refuseLinks)
        var compiler = Compiler()
        compiler.fuses = fuse
        compiler.selection = passes?.names
        let costBefore = try cost(of: model, at: input)
        Progress.show("optimizing \(input)")
        let result = try compiler.optimize(model)
        Progress.show("writing \(output)")
        let externalData: ExternalDataUse = model.usesExternalData ? .always() : .whenNeeded
        try result.model.write(to: output, externalData: externalData)
        let costAfter = try cost(of: result.model, at: output)
        Progress.clear()
        guard let costBefore, let costAfter else { return }
        try StandardOutput.write(
            Explanation(result.report, before: model, after: result.model).text
                + costAfter.text(comparedWith: costBefore))
    }

    /// What a run of the file costs, where it is to be explained.
    private func cost(of model: Model, at path: String) throws -> CostFacts? {
        explain
            ? try CostFacts(of: model, at: path, shapes: shapes, options: links.modelOptions) : nil
    }
}

/// `--passes`: names of passes and rules.
struct PassList: ExpressibleByArgument {
    let names: Set<String>

    init?(argument: String) {
        names = Set(argument.split(separator: ",").map(String.init))
        guard !names.isEmpty, names.isSubset(of: Self.allValueStrings) else { return nil }
    }

    static var allValueStrings: [String] { Compiler.titles.map(\.name) }
}
