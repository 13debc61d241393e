import IoUAccuracy
import IoUConsole
import IoUEval
import IoURuntime

/// What a report has beside average precision.
struct ReportStudy {
    let truth: GroundTruth
    let found: [FoundObject]
    let precision: PrecisionStudy
    /// Makes the mean of F1 over the classes greatest; `nil` where nothing is right.
    let best: (threshold: Double, f1: Double)?
    let confusion: ConfusionMatrix
    let errors: ErrorStudy
    let costs: ErrorCosts?
    /// Of all detections, and of the positives; `nil` where no IoU is predicted.
    let calibration: (all: IoUCalibration, positives: IoUCalibration)?
    /// Those with the most errors from the threshold on, the worst first.
    let worst: [WorstPicture]

    /// The least measured IoU of a positive.
    static let positive = ConfidenceStudy.positive

    /// - Parameters:
    ///   - detections: Of `found`, as the model gives them; empty for a results list.
    ///   - pictures: How many of the worst pictures are kept.
    init(
        _ found: [FoundObject], for truth: GroundTruth, detections: [Detection], pictures: Int
    ) {
        self.truth = truth
        self.found = found
        precision = PrecisionStudy(found, for: truth)
        best = precision.bestThreshold
        let threshold = best?.threshold ?? 0
        confusion = ConfusionMatrix(found, for: truth, threshold: threshold)
        errors = ErrorStudy(found, for: truth)
        costs = ErrorCosts(errors, found, for: truth)
        calibration = ReportStudy.calibration(found, truth, detections)
        worst = WorstPicture.list(found, for: truth, threshold: threshold, most: pictures)
    }

    private static func calibration(
        _ found: [FoundObject], _ truth: GroundTruth, _ detections: [Detection]
    ) -> (all: IoUCalibration, positives: IoUCalibration)? {
        let predicted = detections.compactMap(\.iou).map { $0.asWritten }
        guard !predicted.isEmpty, predicted.count == found.count else { return nil }
        let pairs = zip(predicted, truth.greatestIoUs(of: found)).map { ($0, $1) }
        return (
            IoUCalibration(pairs), IoUCalibration(pairs.filter { $0.1 >= positive })
        )
    }

    func name(_ category: Int) -> String { truth.categories[category].name }

    /// For what the pointer is over.
    func shortName(_ category: Int) -> String { name(category).shortened(to: 60) }
}

/// A picture and what is wrong in it, from a score on.
struct WorstPicture {
    /// An index into the ground truth's pictures.
    let picture: Int
    let errors: [DetectionError]
    /// Right detections, and objects that have none.
    let right: [FoundObject]
    let lost: [GroundTruth.Object]
    /// What `errors` count in.
    let found: [FoundObject]

    /// Those with errors, the most errors first; of equal ones, the first picture.
    static func list(
        _ all: [FoundObject], for truth: GroundTruth, threshold: Double, most: Int
    ) -> [WorstPicture] {
        let found = all.filter { $0.score >= threshold }
        let study = ErrorStudy(found, for: truth)
        let errors = Dictionary(grouping: study.errors.filter { !$0.isIgnored }, by: \.picture)
        let right = Dictionary(grouping: study.found.map { found[$0] }, by: \.picture)
        let lost = Dictionary(grouping: study.lost.map { truth.objects[$0] }, by: \.picture)
        let order = errors.keys.sorted {
            let (one, other) = (errors[$0]?.count ?? 0, errors[$1]?.count ?? 0)
            return one != other ? one > other : $0 < $1
        }
        return order.prefix(most).map { picture in
            WorstPicture(
                picture: picture, errors: errors[picture] ?? [],
                right: right[picture] ?? [], lost: lost[picture] ?? [],
                found: found)
        }
    }

    func count(_ kinds: ErrorKind...) -> Int { errors.count { kinds.contains($0.kind) } }
}
