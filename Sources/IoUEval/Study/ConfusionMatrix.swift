/// What detections are found where objects of each category are, at an IoU of 0.5 and from a score
/// on.
///
/// The surest detection of a picture chooses first, of any category: the free object with the
/// greatest IoU, of equal ones one of its own category.
package struct ConfusionMatrix: Sendable {
    /// From this score on detections count.
    package let threshold: Double

    /// By the category that is there, then by the one that is found; the last of either is nothing:
    /// a detection where nothing is, an object that is not found.
    package private(set) var counts: [[Int]]

    package init(_ list: [FoundObject], for truth: GroundTruth, threshold: Double) {
        self.threshold = threshold
        let nothing = truth.categories.count
        counts = [[Int]](
            repeating: [Int](repeating: 0, count: nothing + 1), count: nothing + 1)
        var objects = [[Int]](repeating: [], count: truth.pictures.count)
        var detections = [[FoundObject]](repeating: [], count: truth.pictures.count)
        for (index, object) in truth.objects.enumerated() { objects[object.picture].append(index) }
        for found in list where found.score >= threshold { detections[found.picture].append(found) }
        for picture in truth.pictures.indices {
            append(
                detections[picture].map(\.score).fallingOrder.map { detections[picture][$0] },
                objects[picture].map { truth.objects[$0] }, nothing)
        }
    }

    private mutating func append(
        _ detections: [FoundObject], _ all: [GroundTruth.Object], _ nothing: Int
    ) {
        let objects = all.filter(\.isToBeFound)
        let regions = all.filter { !$0.isToBeFound }
        var isTaken = objects.map { _ in false }
        for detection in detections {
            if let match = match(of: detection, among: objects, isTaken) {
                isTaken[match] = true
                counts[objects[match].category][detection.category] += 1
            } else if !regions.contains(where: {
                $0.category == detection.category && detection.box.coverage(by: $0.box) > 0.5
            }) {
                counts[nothing][detection.category] += 1
            }
        }
        for (position, object) in objects.enumerated() where !isTaken[position] {
            counts[object.category][nothing] += 1
        }
    }

    private func match(
        of detection: FoundObject, among objects: [GroundTruth.Object], _ isTaken: [Bool]
    ) -> Int? {
        var best: (iou: Double, isSame: Bool, position: Int)?
        for (position, object) in objects.enumerated() where !isTaken[position] {
            let iou = detection.box.iou(with: object.box)
            let isSame = object.category == detection.category
            guard iou >= 0.5 else { continue }
            if let best, iou < best.iou || iou == best.iou && (best.isSame || !isSame) { continue }
            best = (iou, isSame, position)
        }
        return best?.position
    }
}
