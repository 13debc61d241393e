import ArgumentParser
import IoUConsole
import IoURuntime

/// Overrides of what the model says, but for α.
struct SelectionArguments: ParsableArguments {
    @Option(help: ArgumentHelp("The least S, 0 to 1 (default: the model's).", valueName: "S"))
    var scoreThreshold: Float?

    @Option(
        help: ArgumentHelp(
            "The overlap with a better box that drops a box, 0 to 1 (default: the model's).",
            valueName: "T"))
    var nmsThreshold: Float?

    @Option(
        help: ArgumentHelp(
            "The most detections of a picture (default: the model's).", valueName: "K"))
    var maxDetections: Int?

    func validate() throws {
        try (0...1).check(scoreThreshold, of: "--score-threshold")
        try (0...1).check(nmsThreshold, of: "--nms-threshold")
        try (1...1_000_000).check(maxDetections, of: "--max-detections")
    }

    /// The first option that was given.
    var given: String? {
        if scoreThreshold != nil { return "--score-threshold" }
        if nmsThreshold != nil { return "--nms-threshold" }
        return maxDetections == nil ? nil : "--max-detections"
    }

    func options(alpha: Float?) -> DetectOptions {
        DetectOptions(
            alpha: alpha, scoreThreshold: scoreThreshold, nmsThreshold: nmsThreshold,
            maximumDetections: maxDetections)
    }
}
