import ArgumentParser
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
        try SelectionArguments.check(scoreThreshold, "--score-threshold")
        try SelectionArguments.check(nmsThreshold, "--nms-threshold")
        guard (1...1_000_000).contains(maxDetections ?? 1) else {
            throw ValidationError(
                "--max-detections: expected 1 to 1000000, found \(maxDetections ?? 0)")
        }
    }

    /// The first option that was given.
    var given: String? {
        if scoreThreshold != nil { return "--score-threshold" }
        if nmsThreshold != nil { return "--nms-threshold" }
        return maxDetections == nil ? nil : "--max-detections"
    }

    static func check(_ value: Float?, _ name: String) throws {
        guard let value, !(0...1).contains(value) else { return }
        throw ValidationError("\(name): expected 0 to 1, found \(value)")
    }

    func options(alpha: Float?) -> DetectOptions {
        DetectOptions(
            alpha: alpha, scoreThreshold: scoreThreshold, nmsThreshold: nmsThreshold,
            maximumDetections: maxDetections)
    }
}
