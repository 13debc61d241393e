import ArgumentParser
import IoUConsole
import IoUGraph
import IoURuntime

/// `iouc check MODEL.onnx`
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says everything that is wrong with a model.",
        discussion: """
            Looks at the structure, at types and shapes, at operators that the runtime lacks, at \
            what the file says of its values, and at detector metadata. Prints one line for every \
            problem; the exit status is then 1.
            """)

    @Argument(help: "Any ONNX model.", completion: .file(extensions: ["onnx"]))
    var model: String

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var links: LinkArguments

    func run() throws {
        let report = CheckReport(of: model, options: links.modelOptions)
        if json {
            let bytes = try JSON.encode(report, for: "--json")
            try StandardOutput.write(String(decoding: bytes, as: UTF8.self))
        } else {
            try StandardOutput.write(report.text)
        }
        guard report.problems.isEmpty else {
            let count = report.problems.count
            Failure.report(
                "'\(model)': \(count) \(count == 1 ? "problem" : "problems")", by: "iouc")
            throw ExitCode(1)
        }
    }
}
