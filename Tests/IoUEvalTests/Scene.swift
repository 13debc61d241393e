import IoURuntime

@testable import IoUEval

/// Ground truth that is written down in a test: pictures of 100 × 100 pixels, classes "a" and "b".
enum Scene {
    static func truth(_ objects: [GroundTruth.Object], pictures: Int = 2) -> GroundTruth {
        GroundTruth(
            source: FilePath("scene"),
            pictures: (0..<pictures).map {
                .init(id: .number($0 + 1), fileName: "\($0).png", size: nil)
            },
            categories: [.init(id: .number(1), name: "a"), .init(id: .number(2), name: "b")],
            objects: objects,
            remarks: [])
    }

    /// A square of `side` pixels whose left upper corner is (x, x).
    static func object(
        _ id: Int, at x: Double, side: Double = 10, picture: Int = 0, category: Int = 0,
        isCrowd: Bool = false, isIgnored: Bool = false
    ) -> GroundTruth.Object {
        let box = BoundingBox(x: x, y: x, width: side, height: side)
        return GroundTruth.Object(
            picture: picture, category: category, box: box, area: box.area, isCrowd: isCrowd,
            isIgnored: isIgnored, id: id)
    }

    static func found(
        at x: Double, side: Double = 10, score: Double, picture: Int = 0, category: Int = 0
    ) -> FoundObject {
        FoundObject(
            picture: picture, category: category,
            box: BoundingBox(x: x, y: x, width: side, height: side), score: score)
    }
}
