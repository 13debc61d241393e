extension CocoScores {
    /// Scores detections against what is to be found.
    ///
    /// Where scores are equal, the picture of the lower number comes first, and in a picture the
    /// detection that is first in `found`.
    package init(_ found: [FoundObject], for truth: GroundTruth) {
        let groups = GroupedObjects(truth, found)
        self.init(truth.categories.indices.map { CocoClassScores(groups, category: $0) })
    }
}

extension CocoClassScores {
    init(_ groups: GroupedObjects, category: Int) {
        self.init()
        let objects = groups.objects(of: category)
        guard !objects.isEmpty else { return }
        let judged = JudgedDetections(groups, category: category)
        for area in AreaRange.allCases {
            let count = objects.count { $0.counts(in: area) }
            guard count > 0 else { continue }
            let cells = CocoScores.thresholds.indices.map {
                judged.cell(area, threshold: $0, of: count)
            }
            precision[area.rawValue] = cells.map(\.precision)
            for limit in CocoScores.detectionLimits.indices {
                recall[limit][area.rawValue] = cells.map { $0.recalls[limit] }
            }
        }
    }
}

/// The detections of one category in all pictures, and what each counts as.
private struct JudgedDetections {
    /// By falling score: where each is in `ranks`.
    private let order: [Int]

    /// By picture: how many detections of the picture are surer.
    private var ranks: [Int] = []

    /// For each range of areas and threshold, the verdicts in the order of `ranks`.
    private var verdicts = [[Verdict]](
        repeating: [], count: AreaRange.allCases.count * CocoScores.thresholds.count)

    init(_ groups: GroupedObjects, category: Int) {
        var matcher = PictureMatcher()
        var scores: [Double] = []
        var ranks: [Int] = []
        var verdicts = verdicts
        groups.forEachPicture(of: category) { group in
            let found = group.found.map(\.score).fallingOrder.prefix(PictureMatcher.limit)
                .map { group.found[group.found.startIndex + $0] }
            guard !found.isEmpty else { return }
            matcher.match(group.objects, found[...])
            scores += found.map(\.score)
            ranks += found.indices
            for cell in verdicts.indices {
                verdicts[cell] += matcher.verdicts[(cell * found.count)...].prefix(found.count)
            }
        }
        self.ranks = ranks
        self.verdicts = verdicts
        order = scores.fallingOrder
    }

    /// Precision and recall at one threshold, where `count` objects are to be found.
    func cell(_ area: AreaRange, threshold: Int, of count: Int) -> (
        precision: Double, recalls: [Double]
    ) {
        let verdicts = verdicts[area.rawValue * CocoScores.thresholds.count + threshold]
        var curve = PrecisionCurve(objects: count)
        for position in order { curve.append(verdicts[position]) }
        let recalls = CocoScores.detectionLimits.map { limit in
            let right = verdicts.indices.count { verdicts[$0] == .right && ranks[$0] < limit }
            return Double(right) / Double(count)
        }
        return (curve.sampledPrecision, recalls)
    }
}
