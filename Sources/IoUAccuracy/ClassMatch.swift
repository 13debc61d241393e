import IoUConsole
package import IoUEval
package import IoURuntime

/// The categories of a ground truth that a model's classes are, by their names.
package struct ClassMatch {
    /// By class; `nil` where the ground truth does not have it.
    package let categories: [Int?]

    /// What only one side has, in a line for each side.
    package let remarks: [String]

    /// - Throws: `badData` where no name is on both sides, or one twice on one side.
    package init(_ labels: [String], _ truth: GroundTruth) throws(IoUError) {
        let indices = try truth.categoryIndices()
        guard Set(labels).count == labels.count else {
            throw IoUError(
                .badData, "classes: expected different names, found one twice in the model")
        }
        categories = labels.map { indices[$0] }
        let strangers = labels.filter { indices[$0] == nil }
        let missing = Set(indices.keys).subtracting(labels).sorted()
        guard strangers.count < labels.count else {
            throw IoUError(
                .badData,
                "classes: expected names that the model and '\(truth.source)' share, found "
                    + "\(ClassMatch.listed(strangers)) only in the model, "
                    + "\(ClassMatch.listed(missing)) only in the annotations")
        }
        // Of categories without objects the ground truth has told already.
        let used = Set(truth.objects.map { truth.categories[$0.category].name })
        let lost = missing.filter { used.contains($0) }
        remarks = [
            strangers.isEmpty
                ? nil
                : "classes: '\(truth.source)' has no category \(ClassMatch.listed(strangers)); what "
                    + "the model finds of it is left out",
            lost.isEmpty
                ? nil
                : "classes: the model has no class \(ClassMatch.listed(lost)); its boxes count as "
                    + "not found",
        ].compactMap(\.self)
    }

    private static func listed(_ names: [String]) -> String {
        let shown = names.prefix(8).map { "'\($0.shortened(to: 60).oneLine)'" }
        let rest = names.count > 8 ? ["\(names.count - 8) more"] : []
        return names.isEmpty ? "none" : (shown + rest).joined(separator: ", ")
    }
}
