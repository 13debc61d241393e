import ArgumentParser
import IoUModels

/// The compiler's command line.
@main
struct IoUC: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iouc",
        abstract: "Builds IoU-aware RetinaNet detectors as ONNX models.",
        version: Detector.producerVersion,
        subcommands: [Export.self])
}
