import IoUConsole
import IoUEval
import IoURuntime

/// How well what a detector says of its detections goes together with how well their boxes lie: the
/// reason for an IoU head.
struct ConfidenceStudy: Encodable {
    let alpha: Double?

    /// Of each detection, with the object of its class and picture that it overlaps most.
    let overlaps: [Double]

    let kinds: [Kind]

    /// The least true IoU of a positive.
    static let positive = 0.5

    /// One way to say how sure a detection is.
    struct Kind {
        let key: CodingKeys
        let name: String
        let values: [Double]
        let all: Correlation
        let positives: Correlation
    }

    enum CodingKeys: String, CodingKey {
        case alpha, detections, positives, probability, iou, score
        case positiveIoU = "positive_iou"
    }

    /// - Parameter found: With its detections.
    init(_ found: FoundList, for truth: GroundTruth, alpha: Double?) {
        let overlaps = truth.bestOverlaps(of: found.objects).map { $0?.iou ?? 0 }
        self.alpha = alpha
        self.overlaps = overlaps
        let ious = found.detections.compactMap(\.iou).map(Double.init)
        kinds = [
            Kind(.probability, "p", found.detections.map { Double($0.probability) }, overlaps),
            ious.count == overlaps.count && !ious.isEmpty
                ? Kind(.iou, "predicted IoU", ious, overlaps) : nil,
            ious.isEmpty
                ? nil : Kind(.score, "S", found.detections.map { Double($0.score) }, overlaps),
        ].compactMap(\.self)
    }

    var positives: Int { overlaps.count { $0 >= ConfidenceStudy.positive } }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(alpha, forKey: .alpha)
        try values.encode(overlaps.count, forKey: .detections)
        try values.encode(positives, forKey: .positives)
        try values.encode(ConfidenceStudy.positive, forKey: .positiveIoU)
        for kind in kinds { try values.encode(kind, forKey: kind.key) }
    }

    var text: String {
        var table = Table(
            [("confidence", .left)]
                + ["Pearson", "Spearman", "Pearson+", "Spearman+"].map { ($0, .right) })
        for kind in kinds {
            let numbers = [
                kind.all.pearson, kind.all.spearman, kind.positives.pearson,
                kind.positives.spearman,
            ]
            table.append([kind.name] + numbers.map { $0?.fixed(4) ?? "-" })
        }
        let bound = ConfidenceStudy.positive.fixed(1)
        return "Correlation with the true IoU of \(overlaps.count) detections, and (+) of the "
            + "\(positives) that reach \(bound):\n\n" + table.text
    }
}

extension ConfidenceStudy.Kind: Encodable {
    fileprivate init(
        _ key: ConfidenceStudy.CodingKeys, _ name: String, _ values: [Double], _ overlaps: [Double]
    ) {
        let pairs = zip(values, overlaps).map { ($0, $1) }
        self.key = key
        self.name = name
        self.values = values
        all = Correlation(pairs)
        positives = Correlation(pairs.filter { $0.1 >= ConfidenceStudy.positive })
    }

    private enum Keys: CodingKey { case all, positives }
    private enum Numbers: CodingKey { case pearson, spearman }

    /// What is not known is null.
    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Keys.self)
        for (key, correlation) in [(Keys.all, all), (.positives, positives)] {
            var numbers = values.nestedContainer(keyedBy: Numbers.self, forKey: key)
            try numbers.encode(correlation.pearson, forKey: .pearson)
            try numbers.encode(correlation.spearman, forKey: .spearman)
        }
    }
}
