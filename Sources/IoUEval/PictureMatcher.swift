/// What a detection counts as, at one IoU threshold and for one range of areas.
enum Verdict: UInt8 {
    /// It found nothing: a false positive.
    case wrong

    /// It found an object: a true positive.
    case right

    /// It found an object that does not count, or is itself outside of the range of areas.
    case ignored
}

/// Assigns the detections of one category in one picture to objects, as COCO does: the surest
/// detection chooses first, among objects that are still free the one with the greatest IoU.
struct PictureMatcher {
    /// Detections of a picture that are looked at: the surest.
    static let limit = 100

    /// The verdicts of the last call: for each range of areas, for each threshold, for each
    /// detection by falling score.
    private(set) var verdicts: [Verdict] = []

    private var objects: [GroundTruth.Object] = []
    private var found: [FoundObject] = []

    /// For each of `found`, for each of `objects`: IoU, or coverage for a crowd.
    private var overlaps: [Double] = []

    /// Indices of `objects` with those first that count, and how many count.
    private var order: [Int] = []
    private var counted = 0

    /// Whether an object was found at the threshold.
    private var isTaken: [Bool] = []

    /// - Parameters:
    ///   - objects: In the order of the file.
    ///   - found: At most ``limit``, by falling score.
    mutating func match(
        _ objects: ArraySlice<GroundTruth.Object>, _ found: ArraySlice<FoundObject>
    ) {
        self.objects = Array(objects)
        self.found = Array(found)
        verdicts.removeAll(keepingCapacity: true)
        measure()
        for area in AreaRange.allCases {
            guard !objects.isEmpty else {
                judgeWithoutObjects(area)
                continue
            }
            sortObjects(for: area)
            for threshold in CocoScores.thresholds { judge(at: threshold, area) }
        }
    }

    /// As at any threshold: most pictures have nothing of most categories.
    private mutating func judgeWithoutObjects(_ area: AreaRange) {
        let row = found.indices.map { verdict(on: $0, nil, area) }
        for _ in CocoScores.thresholds { verdicts += row }
    }

    private mutating func measure() {
        overlaps.removeAll(keepingCapacity: true)
        for detection in found {
            for object in objects {
                overlaps.append(
                    object.isCrowd
                        ? detection.box.coverage(by: object.box)
                        : detection.box.iou(with: object.box))
            }
        }
    }

    private mutating func sortObjects(for area: AreaRange) {
        order.removeAll(keepingCapacity: true)
        order += objects.indices.filter { objects[$0].counts(in: area) }
        counted = order.count
        order += objects.indices.filter { !objects[$0].counts(in: area) }
    }

    private mutating func judge(at threshold: Double, _ area: AreaRange) {
        isTaken.removeAll(keepingCapacity: true)
        isTaken.append(contentsOf: repeatElement(false, count: objects.count))
        for detection in found.indices {
            let match = match(of: detection, at: threshold)
            if let match { isTaken[order[match]] = true }
            verdicts.append(verdict(on: detection, match, area))
        }
    }

    /// The position in `order` of the object that a detection finds. One that does not count is
    /// taken only where no other is there; of equal overlaps, the last one wins.
    private func match(of detection: Int, at threshold: Double) -> Int? {
        var best = min(threshold, 1 - 1e-10)
        var match: Int?
        let row = detection * objects.count
        for (position, object) in order.enumerated() {
            if isTaken[object], !objects[object].isCrowd { continue }
            if let match, match < counted, position >= counted { break }
            guard overlaps[row + object] >= best else { continue }
            best = overlaps[row + object]
            match = position
        }
        return match
    }

    private func verdict(on detection: Int, _ match: Int?, _ area: AreaRange) -> Verdict {
        if let match {
            if match >= counted { return .ignored }
            // pycocotools marks what is not found with the number 0.
            if objects[order[match]].id != 0 { return .right }
        }
        return area.bounds.contains(found[detection].box.area) ? .wrong : .ignored
    }
}

extension GroundTruth.Object {
    /// Whether an object is to be found in a range of areas.
    func counts(in area: AreaRange) -> Bool {
        isToBeFound && area.bounds.contains(self.area)
    }
}
