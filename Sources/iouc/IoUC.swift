import ArgumentParser
import Glibc
import IoUConsole
import IoUGraph
import IoUModels
import IoURuntime

/// The compiler's command line.
@main
struct IoUC: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iouc",
        abstract: "Builds IoU-aware RetinaNet detectors as ONNX models, and examines any model.",
        version: IoUModels.Detector.producerVersion,
        subcommands: [Export.self, Optimize.self, Inspect.self, Check.self, Annotate.self])

    /// Failures of the work are one line and status 1; those of usage are ArgumentParser's.
    static func main() {
        signal(SIGPIPE, SIG_IGN)
        StandardOutput.reserve()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as GraphError {
            fail(error.message)
        } catch let error as IoUError {
            fail(error.message)
        } catch {
            exit(withError: error)
        }
    }

    private static func fail(_ message: String) -> Never {
        Failure.report(message, by: "iouc")
        Glibc.exit(1)
    }
}
