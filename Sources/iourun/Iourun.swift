import ArgumentParser
import IoUConsole
import IoURuntime
import IoUVideo

/// Runs detectors and any other ONNX model on the CPU.
@main
struct Iourun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iourun",
        abstract: "Runs IoU-aware detectors, and any ONNX model, on the CPU.",
        usage: """
            iourun MODEL.onnx IMAGE... [options]
            iourun <subcommand>
            """,
        discussion: """
            Without a subcommand, 'detect' is meant; 'iourun detect --help' shows its options.

            Exit status: 0 success, 1 the work failed, 64 wrong usage.
            """,
        version:
            "\(iouVersion) (threads: \(BuildPart.threads.value), BLAS: \(BuildPart.blas.value), "
            + "pictures: \(Image.formats), videos: \(VideoSource.part))",
        subcommands: [Detect.self, Bench.self, Eval.self, Tensors.self, Conformance.self],
        defaultSubcommand: Detect.self)

    static func main() {
        BundledFonts.use()
        runTool { ($0 as? IoUError)?.message }
    }
}
