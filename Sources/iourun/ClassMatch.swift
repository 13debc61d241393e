import IoUConsole
import IoUEval
import IoURuntime

/// The categories of a ground truth that a model's classes are, by their names.
struct ClassMatch {
    /// By class.
    let categories: [Int]

    /// - Throws: `badData` with the names that only one side has, or has twice.
    init(_ labels: [String], _ truth: GroundTruth) throws(IoUError) {
        let indices = try truth.categoryIndices()
        let strangers = labels.filter { indices[$0] == nil }
        let missing = truth.categories.map(\.name).filter { !labels.contains($0) }
        guard strangers.isEmpty, missing.isEmpty else {
            throw IoUError(
                .badData,
                "classes: wanted the same names in the model and in '\(truth.source)', found "
                    + "\(ClassMatch.listed(strangers)) only in the model, "
                    + "\(ClassMatch.listed(missing)) only in the annotations")
        }
        guard Set(labels).count == labels.count else {
            throw IoUError(
                .badData, "classes: wanted different names, found one twice in the model")
        }
        categories = labels.compactMap { indices[$0] }
    }

    private static func listed(_ names: [String]) -> String {
        let shown = names.prefix(8).map { "'\($0.shortened(to: 60).oneLine)'" }
        let rest = names.count > 8 ? ["\(names.count - 8) more"] : []
        return names.isEmpty ? "none" : (shown + rest).joined(separator: ", ")
    }
}
