import ArgumentParser
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
        discussion: "Exit status: 0 success, 1 the work failed, 64 wrong usage.",
        version: iouVersion,
        subcommands: [
            Export.self, Optimize.self, Quantize.self, Inspect.self, Check.self, Annotate.self,
        ])

    static func main() {
        runTool { ($0 as? GraphError)?.message ?? ($0 as? IoUError)?.message }
    }
}
