/// The detections of one category in all pictures, and what each counts as.
struct JudgedDetections {
    /// By falling score: where each is in `scores` and `ranks`.
    private let order: [Int]

    private let scores: [Double]

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
        self.scores = scores
        self.ranks = ranks
        self.verdicts = verdicts
        order = scores.fallingOrder
    }

    /// By falling score, what each counts as at one threshold.
    func ranking(_ area: AreaRange, threshold: Int) -> [(score: Double, verdict: Verdict)] {
        let verdicts = verdicts(area, threshold: threshold)
        return order.map { (scores[$0], verdicts[$0]) }
    }

    /// Precision over recall at one threshold, where `count` objects are to be found.
    func curve(_ area: AreaRange, threshold: Int, of count: Int) -> PrecisionCurve {
        let verdicts = verdicts(area, threshold: threshold)
        var curve = PrecisionCurve(objects: count)
        for position in order { curve.append(verdicts[position]) }
        return curve
    }

    private func verdicts(_ area: AreaRange, threshold: Int) -> [Verdict] {
        verdicts[area.rawValue * CocoScores.thresholds.count + threshold]
    }

    /// Precision and recall at one threshold, where `count` objects are to be found.
    func cell(_ area: AreaRange, threshold: Int, of count: Int) -> (
        precision: Double, recalls: [Double]
    ) {
        let verdicts = verdicts(area, threshold: threshold)
        let recalls = CocoScores.detectionLimits.map { limit in
            let right = verdicts.indices.count { verdicts[$0] == .right && ranks[$0] < limit }
            return Double(right) / Double(count)
        }
        return (curve(area, threshold: threshold, of: count).sampledPrecision, recalls)
    }
}
