import IoUConsole
import IoUEval

/// Average precision and recall, over all classes and for each.
struct PrecisionReport: Encodable {
    let all: Entry
    let classes: [Entry]

    enum CodingKeys: CodingKey { case classes }

    struct Entry: Encodable {
        let id: RecordID?
        let name: String?
        let objects: Int

        /// COCO's twelve numbers; -1 where there is nothing to find, here and below.
        let coco: [String: Double]

        /// AP50, AP55 … AP95.
        let thresholds: [String: Double]

        let voc: [VOCEntry]
    }

    struct VOCEntry: Encodable {
        let iou: Double
        let ap: Double
        let elevenPoints: Double

        enum CodingKeys: String, CodingKey {
            case iou, ap
            case elevenPoints = "ap_11_points"
        }

        init(_ iou: Double, _ precision: VOCScores.AveragePrecision?) {
            self.iou = iou
            ap = precision?.area ?? -1
            elevenPoints = precision?.elevenPoints ?? -1
        }
    }

    init(_ found: [FoundObject], for truth: GroundTruth, vocThresholds: [Double]) {
        let coco = CocoScores(found, for: truth)
        let voc = vocThresholds.map { VOCScores(found, for: truth, threshold: $0) }
        var counts = [Int](repeating: 0, count: truth.categories.count)
        for object in truth.objects { counts[object.category] += 1 }
        all = Entry(
            id: nil, name: nil, objects: truth.objects.count,
            coco: PrecisionReport.coco(coco, nil),
            thresholds: PrecisionReport.thresholds(coco, nil),
            voc: voc.map { VOCEntry($0.threshold, $0.mean) })
        classes = truth.categories.enumerated().map { index, category in
            Entry(
                id: category.id, name: category.name, objects: counts[index],
                coco: PrecisionReport.coco(coco, index),
                thresholds: PrecisionReport.thresholds(coco, index),
                voc: voc.map { VOCEntry($0.threshold, $0.classes[index]) })
        }
    }

    private static let sizes: [(area: AreaRange, name: String)] = [
        (.small, "small"), (.medium, "medium"), (.large, "large"),
    ]

    private static func coco(_ scores: CocoScores, _ category: Int?) -> [String: Double] {
        var numbers = [
            "AP": scores.averagePrecision(category: category),
            "AP50": scores.averagePrecision(at: 0.5, category: category),
            "AP75": scores.averagePrecision(at: 0.75, category: category),
        ]
        for (area, name) in sizes {
            numbers["AP\(name)"] = scores.averagePrecision(area: area, category: category)
            numbers["AR\(name)"] = scores.averageRecall(area: area, category: category)
        }
        for limit in CocoScores.detectionLimits {
            numbers["AR\(limit)"] = scores.averageRecall(limit: limit, category: category)
        }
        return numbers.mapValues { $0 ?? -1 }
    }

    private static func thresholds(_ scores: CocoScores, _ category: Int?) -> [String: Double] {
        Dictionary(
            uniqueKeysWithValues: CocoScores.thresholds.map { threshold in
                let precision = scores.averagePrecision(at: threshold, category: category)
                return ("AP\((threshold * 100).fixed(0))", precision ?? -1)
            })
    }

    /// The members of `all` are beside the classes.
    func encode(to encoder: any Encoder) throws {
        try all.encode(to: encoder)
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(classes, forKey: .classes)
    }
}
