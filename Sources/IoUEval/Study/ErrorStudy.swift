/// What is wrong with detections, by TIDE's kinds of error, at an IoU of 0.5.
///
/// Equal to tidecv 1.0.1: of a picture the 100 surest detections of all categories count, a surer
/// detection chooses first, and an object goes to the detection of its category with the greatest
/// IoU. Of equal scores, what is first in the list comes first.
package struct ErrorStudy: Sendable {
    /// The least IoU of a right detection, and the greatest with which nothing is there.
    package static let (right, nothing) = (0.5, 0.1)

    /// Detections of a picture that are looked at: the surest.
    package static let limit = 100

    /// Picture by picture: detections by falling score, then missed objects.
    package private(set) var errors: [DetectionError] = []

    /// Indices of the right detections, picture by picture by falling score.
    package private(set) var found: [Int] = []

    /// Indices of the objects that are not found, missed ones and others.
    package private(set) var lost: [Int] = []

    /// Right and wrong detections, in the order in which they were looked at.
    private(set) var judged: [(detection: Int, isRight: Bool)] = []

    package init(_ list: [FoundObject], for truth: GroundTruth) {
        var objects = [[Int]](repeating: [], count: truth.pictures.count)
        var detections = objects
        for (index, object) in truth.objects.enumerated() { objects[object.picture].append(index) }
        for (index, object) in list.enumerated() { detections[object.picture].append(index) }
        for picture in truth.pictures.indices {
            append(
                ErrorPicture(
                    list, truth, picture: picture, detections: detections[picture],
                    objects: objects[picture]))
        }
    }

    private mutating func append(_ picture: ErrorPicture) {
        errors += picture.errors
        found += picture.judged.filter(\.isRight).map(\.detection)
        judged += picture.judged
        lost += picture.lost
    }

    package func count(of kind: ErrorKind) -> Int { errors.count { $0.kind == kind } }
}

/// One picture's detections and objects.
private struct ErrorPicture {
    private(set) var errors: [DetectionError] = []
    private(set) var judged: [(detection: Int, isRight: Bool)] = []
    private(set) var lost: [Int] = []

    private let picture: Int
    private let list: [FoundObject]
    private let truth: GroundTruth

    /// By falling score.
    private let detections: [Int]
    private let objects: [Int]
    private let regions: [Int]

    /// For each of `detections`, for each of `objects`.
    private var overlaps: [[Double]]
    private var isTaken: [Bool]
    /// Whether an object has an error that gives it a detection, which only the first of them does.
    private var hasMend: [Bool]

    init(
        _ list: [FoundObject], _ truth: GroundTruth, picture: Int, detections: [Int], objects: [Int]
    ) {
        self.list = list
        self.truth = truth
        self.picture = picture
        let order = detections.map { list[$0].score }.fallingOrder.prefix(ErrorStudy.limit)
        self.detections = order.map { detections[$0] }
        let sought = objects.filter { truth.objects[$0].isToBeFound }
        self.objects = sought
        regions = objects.filter { !truth.objects[$0].isToBeFound }
        overlaps = self.detections.map { detection in
            sought.map { list[detection].box.iou(with: truth.objects[$0].box) }
        }
        isTaken = sought.map { _ in false }
        hasMend = isTaken
        let matches = self.detections.indices.map { match($0) }
        for (position, match) in matches.enumerated() { judge(position, match) }
        for (position, object) in sought.enumerated() where !isTaken[position] {
            lost.append(object)
            guard !hasMend[position] else { continue }
            errors.append(
                DetectionError(
                    kind: .missed, picture: picture, detection: nil, object: object,
                    isIgnored: false, isMendable: false))
        }
    }

    /// Takes the free object of its category that a detection overlaps most.
    private mutating func match(_ detection: Int) -> Int? {
        let best = best(detection) { isSame(detection, $0) && !isTaken[$0] }
        guard let best, overlaps[detection][best] >= ErrorStudy.right else { return nil }
        isTaken[best] = true
        return best
    }

    private mutating func judge(_ position: Int, _ match: Int?) {
        let detection = detections[position]
        guard match == nil else {
            judged.append((detection, true))
            return
        }
        let isIgnored = isIgnored(list[detection])
        if !isIgnored { judged.append((detection, false)) }
        let (kind, object) = kind(of: position)
        let isMendable = object.map { !isTaken[$0] && !hasMend[$0] } ?? false
        if let object, kind == .localization || kind == .classification, !isTaken[object] {
            hasMend[object] = true
        }
        errors.append(
            DetectionError(
                kind: kind, picture: picture, detection: detection,
                object: object.map { objects[$0] }, isIgnored: isIgnored,
                isMendable: isMendable && (kind == .localization || kind == .classification)))
    }

    /// The kind of a wrong detection, and the object that it belongs to.
    private func kind(of detection: Int) -> (ErrorKind, Int?) {
        let overlaps = overlaps[detection]
        guard !objects.isEmpty else { return (.background, nil) }
        if let same = best(detection, { isSame(detection, $0) }),
            (ErrorStudy.nothing...ErrorStudy.right).contains(overlaps[same])
        {
            return (.localization, same)
        }
        if let other = best(detection, { !isSame(detection, $0) }),
            overlaps[other] >= ErrorStudy.right
        {
            return (.classification, other)
        }
        if let taken = best(detection, { isSame(detection, $0) && isTaken[$0] }),
            overlaps[taken] >= ErrorStudy.right
        {
            return (.duplicate, taken)
        }
        if let any = best(detection, { _ in true }), overlaps[any] > ErrorStudy.nothing {
            return (.both, any)
        }
        return (.background, nil)
    }

    private func isSame(_ detection: Int, _ object: Int) -> Bool {
        list[detections[detection]].category == truth.objects[objects[object]].category
    }

    /// Of the objects that may be, the one with the greatest IoU; of equal ones, the first.
    private func best(_ detection: Int, _ mayBe: (Int) -> Bool) -> Int? {
        var best: Int?
        for object in objects.indices where mayBe(object) {
            if let best, overlaps[detection][object] <= overlaps[detection][best] { continue }
            best = object
        }
        return best
    }

    /// Whether it lies in a crowd, or on a difficult object, of its category.
    private func isIgnored(_ detection: FoundObject) -> Bool {
        regions.contains { index in
            let region = truth.objects[index]
            return region.category == detection.category
                && detection.box.coverage(by: region.box) > ErrorStudy.right
        }
    }
}
