import ArgumentParser
import IoUConsole
import IoUGraph

/// Single values of a detector's metadata.
struct AnnotateValues: ParsableArguments {
    @Option(help: ArgumentHelp("Store the least score of a detection, 0 to 1.", valueName: "S"))
    var scoreThreshold: Float?

    @Option(
        help: ArgumentHelp(
            "Store the overlap with a better box that drops a box, 0 to 1.", valueName: "T"))
    var nmsThreshold: Float?

    @Option(
        help: ArgumentHelp(
            "Store the exponent of p in S = p^A * IoU^(1 - A), 0 to 1.", valueName: "A"))
    var alpha: Float?

    private var given: [(option: String, key: String, value: Float)] {
        [
            ("--score-threshold", "iou.score.threshold", scoreThreshold),
            ("--nms-threshold", "iou.nms.threshold", nmsThreshold),
            ("--alpha", "iou.alpha", alpha),
        ].compactMap { option, key, value in value.map { (option, key, $0) } }
    }

    var properties: [Property] { given.map { Property($0.key, "\($0.value)") } }

    func validate() throws {
        for entry in given { try (0...1).check(entry.value, of: entry.option) }
    }

    /// - Throws: `mismatch` where the model has no such value: its graph has it as a constant, or it
    ///   has no metadata at all.
    func check(_ model: IoUGraph.Model, _ path: String) throws(GraphError) {
        for entry in given {
            guard model.metadata("iou.version") != nil else {
                throw GraphError(
                    .mismatch,
                    "\(entry.option): expected a model with metadata, found none in '\(path)': give it "
                        + "--preset or --metadata too")
            }
            let isConstant = model.metadata("iou.outputs.kind") == "detections"
            guard !isConstant, model.metadata(entry.key) != nil else {
                throw GraphError(
                    .mismatch,
                    "\(entry.option): expected a model with '\(entry.key)' to choose, found none in "
                        + "'\(path)'" + (isConstant ? ": it is a constant of its graph" : ""))
            }
        }
    }
}
