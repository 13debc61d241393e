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
