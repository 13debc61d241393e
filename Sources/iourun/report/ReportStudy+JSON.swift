import IoUEval

extension ReportStudy: Encodable {
    enum CodingKeys: String, CodingKey {
        case threshold, f1, iou, classes, curves, confusion, errors, calibration, worst
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(0.5, forKey: .iou)
        try values.encode(best?.threshold, forKey: .threshold)
        try values.encode(best?.f1, forKey: .f1)
        try values.encode(
            zip(truth.categories, precision.classes).map(ClassEntry.init), forKey: .classes)
        try values.encode(Curves(precision), forKey: .curves)
        try values.encode(Confusion(confusion, truth), forKey: .confusion)
        try values.encode(costs.map { Errors(errors, $0) }, forKey: .errors)
        try values.encode(calibration.map(CalibrationEntry.init), forKey: .calibration)
        try values.encode(worst.map { Worst($0, truth) }, forKey: .worst)
    }

    private struct ClassEntry: Encodable {
        let id: RecordID
        let name: String
        let threshold, f1, precision, recall: Double?
        /// By threshold of the IoU, then by recall.
        let curve: [[Double]]?

        init(_ category: GroundTruth.Category, _ scores: ClassPrecision?) {
            id = category.id
            name = category.name
            let best = scores?.scores.best
            threshold = best?.threshold
            f1 = best.flatMap { best in scores?.scores.f1(of: best.step) }
            precision = best?.step.precision
            recall = best.flatMap { best in scores?.scores.recall(of: best.step) }
            curve = scores?.samples
        }

        enum CodingKeys: CodingKey { case id, name, threshold, f1, precision, recall, curve }

        /// What is not known is null.
        func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(id, forKey: .id)
            try values.encode(name, forKey: .name)
            for (key, value) in [
                (CodingKeys.threshold, threshold), (.f1, f1), (.precision, precision),
                (.recall, recall),
            ] {
                try values.encode(value, forKey: key)
            }
            try values.encode(curve, forKey: .curve)
        }
    }

    private struct Curves: Encodable {
        let ious = CocoScores.thresholds
        let recalls = PrecisionStudy.recalls
        let precision: [[Double]]

        init(_ study: PrecisionStudy) { precision = study.meanSamples }
    }

    private struct Confusion: Encodable {
        let threshold: Double
        let names: [String]
        let counts: [[Int]]

        init(_ matrix: ConfusionMatrix, _ truth: GroundTruth) {
            threshold = matrix.threshold
            let used = matrix.used
            names = used.dropLast().map { truth.categories[$0].name }
            counts = used.map { row in used.map { matrix[row, $0] } }
        }
    }

    private struct Errors: Encodable {
        let precision: Double
        let kinds: [String: Kind]
        let falsePositives, falseNegatives: Double

        struct Kind: Encodable {
            let count: Int
            let cost: Double
        }

        enum CodingKeys: String, CodingKey {
            case kinds
            case precision = "AP50"
            case falsePositives = "false_positives"
            case falseNegatives = "false_negatives"
        }

        init(_ study: ErrorStudy, _ costs: ErrorCosts) {
            precision = costs.precision
            kinds = Dictionary(
                uniqueKeysWithValues: ErrorKind.allCases.map { kind in
                    (
                        kind.rawValue,
                        Kind(count: study.count(of: kind), cost: costs.kinds[kind] ?? 0)
                    )
                })
            falsePositives = costs.falsePositives
            falseNegatives = costs.falseNegatives
        }
    }

    private struct CalibrationEntry: Encodable {
        let all, positives: Bins

        init(_ calibration: (all: IoUCalibration, positives: IoUCalibration)) {
            all = Bins(calibration.all)
            positives = Bins(calibration.positives)
        }
    }

    private struct Bins: Encodable {
        let error: Double?
        let bins: [Bin]

        struct Bin: Encodable {
            let count: Int
            let predicted, measured: Double
        }

        enum CodingKeys: String, CodingKey {
            case bins
            case error = "expected_error"
        }

        init(_ calibration: IoUCalibration) {
            error = calibration.expectedError
            bins = calibration.bins.map {
                Bin(count: $0.count, predicted: $0.predicted, measured: $0.measured)
            }
        }

        func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(error, forKey: .error)
            try values.encode(bins, forKey: .bins)
        }
    }

    private struct Worst: Encodable {
        let id: RecordID
        let name: String?
        let errors: [String: Int]

        init(_ worst: WorstPicture, _ truth: GroundTruth) {
            id = truth.pictures[worst.picture].id
            name = truth.pictures[worst.picture].fileName
            errors = Dictionary(
                uniqueKeysWithValues: ErrorKind.allCases.map { ($0.rawValue, worst.count($0)) })
        }
    }
}
