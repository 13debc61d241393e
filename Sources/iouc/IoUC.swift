import ArgumentParser
import Glibc
import IoUGraph
import IoUModels

/// The compiler's command line.
@main
struct IoUC: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iouc",
        abstract: "Builds IoU-aware RetinaNet detectors as ONNX models.",
        version: Detector.producerVersion,
        subcommands: [Export.self])

    /// Failures of the work are one line and status 1; those of usage are ArgumentParser's.
    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch let error as GraphError {
            let line = error.description.split(whereSeparator: \.isNewline).joined(separator: " ")
            let text = Array("iouc: \(line)\n".utf8)
            _ = Glibc.write(STDERR_FILENO, text, text.count)
            Glibc.exit(1)
        } catch {
            exit(withError: error)
        }
    }
}
