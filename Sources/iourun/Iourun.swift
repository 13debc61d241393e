import ArgumentParser
import Glibc
import IoUConsole
import IoURuntime

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
        version: iouVersion,
        subcommands: [Detect.self, Bench.self, Eval.self, Tensors.self],
        defaultSubcommand: Detect.self)

    /// Failures of the work are one line and status 1; those of usage are ArgumentParser's.
    static func main() {
        signal(SIGPIPE, SIG_IGN)
        StandardOutput.reserve()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as IoUError {
            Failure.report(error.message, by: "iourun")
            Glibc.exit(1)
        } catch {
            exit(withError: error)
        }
    }
}
