import ArgumentParser
import Glibc
import IoUConsole
import IoURuntime

/// `iourun MODEL.onnx IMAGE...`
struct Detect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Finds objects in pictures.",
        usage: "iourun [detect] MODEL.onnx IMAGE... [options]",
        discussion: """
            Prints a table for every picture: class, fused confidence S, class probability p, \
            predicted IoU, and the box in pixels of the picture. A picture that cannot be read is \
            reported and skipped; the exit status is then 1. Of a folder PNG and JPEG files are taken, \
            by their contents where the name does not end in .png, .jpg or .jpeg; what else is there \
            is counted on standard error.
            """)

    @Argument(help: "A model with detector metadata.", completion: .file(extensions: ["onnx"]))
    var model: FilePath

    @Argument(help: "PNG or JPEG files, or folders of them.", completion: .file())
    var images: [FilePath]

    @Option(
        help: ArgumentHelp(
            "Write JSON to the file; '-': to standard output, instead of the tables.",
            valueName: "file"))
    var json: ResultTarget?

    @Option(
        help: ArgumentHelp(
            "Write a COCO results list to the file. \(CocoNumbering.help)", valueName: "file"))
    var coco: ResultTarget?

    @Option(
        help: ArgumentHelp(
            "Annotations in COCO's format, for the numbers in --coco.", valueName: "file"))
    var annotations: FilePath?

    @Option(
        help: ArgumentHelp(
            """
            Write PNG pictures with boxes, class and score: a file for one picture, else a folder, \
            which is made.
            """, valueName: "file-or-folder"))
    var output: FilePath?

    @Option(
        help: ArgumentHelp(
            "The exponent of p in S = p^A * IoU^(1 - A), 0 to 1 (default: the model's).",
            valueName: "A"))
    var alpha: Float?

    @OptionGroup var selection: SelectionArguments
    @OptionGroup var running: RunArguments

    func validate() throws {
        try (0...1).check(alpha, of: "--alpha")
        if json == .standardOutput, coco == .standardOutput {
            throw ValidationError("--json and --coco: only one can go to standard output")
        }
        if annotations != nil, coco == nil {
            throw ValidationError("--annotations: wanted together with --coco")
        }
    }

    func run() throws {
        var run = try DetectionRun(self)
        try run.detect()
        guard run.failures == 0 else { throw ExitCode(1) }
    }
}
