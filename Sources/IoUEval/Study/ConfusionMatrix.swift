/// What detections are found where objects of each category are, at an IoU of 0.5 and from a score
/// on.
///
/// The surest detection of a picture chooses first, of any category: the free object with the
/// greatest IoU, of equal ones one of its own category.
package struct ConfusionMatrix: Sendable {
    /// From this score on detections count.
    package let threshold: Double

    /// Without zeros, since most of many categories are never taken for each other.
    package private(set) var counts: [Pair: Int] = [:]

    /// The index that stands for no category: a detection where nothing is, an object that is not
    /// found.
    package let nothing: Int

    /// The category that is there and the one that is found.
    package struct Pair: Hashable, Sendable {
        package let there: Int
        package let found: Int
    }

    package subscript(there: Int, found: Int) -> Int {
        counts[Pair(there: there, found: found)] ?? 0
    }

    /// Rising, with ``nothing``.
    package var used: [Int] {
        Set(counts.keys.flatMap { [$0.there, $0.found] } + [nothing]).sorted()
    }

    package init(_ list: [FoundObject], for truth: GroundTruth, threshold: Double) {
        self.threshold = threshold
        nothing = truth.categories.count
        var objects = [[Int]](repeating: [], count: truth.pictures.count)
        var detections = [[FoundObject]](repeating: [], count: truth.pictures.count)
        for (index, object) in truth.objects.enumerated() { objects[object.picture].append(index) }
        for found in list where found.score >= threshold { detections[found.picture].append(found) }
        for picture in truth.pictures.indices {
            append(
                detections[picture].map(\.score).fallingOrder.map { detections[picture][$0] },
                objects[picture].map { truth.objects[$0] })
        }
    }

    private mutating func append(
        _ detections: [FoundObject], _ all: [GroundTruth.Object]
    ) {
        let objects = all.filter(\.isToBeFound)
        let regions = all.filter { !$0.isToBeFound }
        var isTaken = objects.map { _ in false }
        for detection in detections {
            if let match = match(of: detection, among: objects, isTaken) {
                isTaken[match] = true
                count(objects[match].category, detection.category)
            } else if !regions.contains(where: {
                $0.category == detection.category && detection.box.coverage(by: $0.box) > 0.5
            }) {
                count(nothing, detection.category)
            }
        }
        for (position, object) in objects.enumerated() where !isTaken[position] {
            count(object.category, nothing)
        }
    }

    private mutating func count(_ there: Int, _ found: Int) {
        counts[Pair(there: there, found: found), default: 0] += 1
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
