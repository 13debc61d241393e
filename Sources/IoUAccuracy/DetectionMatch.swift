package import IoUEval
package import IoURuntime

/// Detections of a model as objects of a ground truth.
package struct DetectionMatch: Sendable {
    package let convention: DetectorInfo.BoxConvention
    private let classes: ClassMatch

    /// - Throws: What ``ClassMatch/init(_:_:)`` throws.
    package init(_ info: DetectorInfo, _ truth: GroundTruth) throws(IoUError) {
        convention = info.boxes
        classes = try ClassMatch(info.labels, truth)
    }

    /// What only one side has, in a line for each side.
    package var remarks: [String] { classes.remarks }

    package func hasCategory(of detection: Detection) -> Bool {
        classes.categories[detection.classIndex] != nil
    }

    /// `nil` where the ground truth does not have the class.
    package func object(_ detection: Detection, in picture: Int) -> FoundObject? {
        guard let category = classes.categories[detection.classIndex] else { return nil }
        let sides = convention.coco(detection.box).map(\.asWritten)
        return FoundObject(
            picture: picture, category: category,
            box: BoundingBox(x: sides[0], y: sides[1], width: sides[2], height: sides[3]),
            score: detection.score.asWritten)
    }
}
