import ArgumentParser
import IoUConsole
import IoURuntime

/// What `iourun eval` requests of a model, and draws.
struct ModelEvaluationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Exponents of p in S = p^A * IoU^(1 - A), 0 to 1: a list, or first:last:step (default: the \
            model's; with --plot 0:1:0.1).
            """, valueName: "A,A,..."))
    var alpha: FractionList?

    @Option(
        help: ArgumentHelp("Write the detections as a COCO results list.", valueName: "file"))
    var coco: ResultTarget?

    @Option(
        help: ArgumentHelp(
            "Draw AP, AP50, AP75 and AP90 over α, as a PNG picture.", valueName: "file"))
    var plot: FilePath?

    @Option(
        defaultAsFlag: ExplainTarget.text,
        help: ArgumentHelp(
            """
            Tell how p, the predicted IoU and S go together with the true IoU, and what the true IoU \
            in place of the predicted one would bring; with a file, draw it too, as a PNG picture.
            """, valueName: "file"))
    var explain: ExplainTarget?

    /// The first option that was given.
    var given: String? {
        if alpha != nil { return "--alpha" }
        if coco != nil { return "--coco" }
        if plot != nil { return "--plot" }
        return explain == nil ? nil : "--explain"
    }
}

/// `--explain`, alone or with a picture's name.
enum ExplainTarget: Equatable, ExpressibleByArgument, CustomStringConvertible {
    case text
    case picture(FilePath)

    init?(argument: String) {
        guard let path = FilePath(argument: argument), path.fileExtension == "png" else {
            return nil
        }
        self = .picture(path)
    }

    var file: FilePath? {
        if case .picture(let path) = self { path } else { nil }
    }

    var description: String { file?.description ?? "no picture" }
}
