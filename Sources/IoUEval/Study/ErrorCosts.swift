/// What each kind of error costs: the average precision at an IoU of 0.5 that would be gained were
/// all errors of the kind mended, and no other.
///
/// As tidecv measures it: the mean is over categories that have objects *or* detections, and
/// precision is sampled at the recalls 0 / 100, 1 / 100 … 1.
package struct ErrorCosts: Sendable {
    /// 0 … 1.
    package let precision: Double

    /// By kind: at least 0.
    package let kinds: [ErrorKind: Double]

    /// Were all wrong detections behind all right ones.
    package let falsePositives: Double

    /// Were all objects that are not found left out.
    package let falseNegatives: Double

    /// `nil` where there is nothing.
    package init?(_ study: ErrorStudy, _ list: [FoundObject], for truth: GroundTruth) {
        let measure = ErrorMeasure(study, list, truth)
        guard let precision = measure.asFound.precision else { return nil }
        self.precision = precision
        func gain(_ points: ErrorPoints) -> Double { (points.precision ?? 0) - precision }
        kinds = Dictionary(
            uniqueKeysWithValues: ErrorKind.allCases.map { kind in
                (kind, max(0, gain(measure.mended(kind))))
            })
        falsePositives = gain(measure.withoutFalsePositives)
        falseNegatives = gain(measure.withoutFalseNegatives)
    }
}

/// The detections that average precision is of, by category.
private struct ErrorPoints {
    var detections: [[(score: Double, isRight: Bool)]]
    var objects: [Int]

    private static let recalls = (0...100).map { Double($0) / 100 }

    /// `nil` where no category has anything.
    var precision: Double? {
        let used = objects.indices.filter { objects[$0] > 0 || !detections[$0].isEmpty }
        guard !used.isEmpty else { return nil }
        return used.reduce(0) { $0 + precision(of: $1) } / Double(used.count)
    }

    private func precision(of category: Int) -> Double {
        guard objects[category] > 0 else { return 0 }
        let detections = detections[category]
        var curve = PrecisionCurve(objects: objects[category])
        for position in detections.map(\.score).fallingOrder {
            curve.append(detections[position].isRight ? .right : .wrong)
        }
        let samples = curve.samples(at: Self.recalls)
        return samples.reduce(0, +) / Double(samples.count)
    }
}

private struct ErrorMeasure {
    let study: ErrorStudy
    let list: [FoundObject]
    let truth: GroundTruth
    private let objects: [Int]

    init(_ study: ErrorStudy, _ list: [FoundObject], _ truth: GroundTruth) {
        self.study = study
        self.list = list
        self.truth = truth
        var objects = [Int](repeating: 0, count: truth.categories.count)
        for object in truth.objects where object.isToBeFound { objects[object.category] += 1 }
        self.objects = objects
    }

    private var empty: ErrorPoints {
        ErrorPoints(detections: objects.map { _ in [] }, objects: objects)
    }

    var asFound: ErrorPoints {
        var points = empty
        for (detection, isRight) in study.judged {
            points.detections[list[detection].category].append((list[detection].score, isRight))
        }
        return points
    }

    /// Errors come first, as they do in tidecv, which matters where scores are equal.
    func mended(_ kind: ErrorKind?) -> ErrorPoints {
        var points = empty
        for error in study.errors {
            if error.kind == kind { mend(error, in: &points) } else { keep(error, in: &points) }
        }
        for detection in study.found {
            points.detections[list[detection].category].append((list[detection].score, true))
        }
        return points
    }

    private func keep(_ error: DetectionError, in points: inout ErrorPoints) {
        guard let detection = error.detection, !error.isIgnored else { return }
        points.detections[list[detection].category].append((list[detection].score, false))
    }

    private func mend(_ error: DetectionError, in points: inout ErrorPoints) {
        guard let object = error.object.map({ truth.objects[$0] }) else { return }
        if let detection = error.detection {
            guard error.isMendable else { return }
            points.detections[object.category].append((list[detection].score, true))
        } else {
            points.objects[object.category] -= 1
        }
    }

    var withoutFalsePositives: ErrorPoints {
        var points = mended(nil)
        for category in points.detections.indices {
            points.detections[category] = points.detections[category].map {
                ($0.isRight ? 1 : 0, $0.isRight)
            }
        }
        return points
    }

    var withoutFalseNegatives: ErrorPoints {
        var points = mended(nil)
        for object in study.lost { points.objects[truth.objects[object].category] -= 1 }
        return points
    }
}
