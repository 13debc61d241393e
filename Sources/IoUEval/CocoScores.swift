/// Average precision and recall as COCO defines them (cocodataset.org/#detection-eval), equal to
/// pycocotools' COCOeval for boxes.
package struct CocoScores: Sendable {
    /// The IoU thresholds 0.50, 0.55 … 0.95, to the last bit those of `numpy.linspace`.
    package static let thresholds: [Double] = {
        let step = (0.95 - 0.5) / 9
        return (0..<9).map { Double($0) * step + 0.5 } + [0.95]
    }()

    /// The recalls at which precision is sampled: 0, 0.01 … 1, likewise.
    static let recalls = (0..<100).map { Double($0) * 0.01 } + [1.0]

    /// How many of a picture's surest detections of a category count.
    package static let detectionLimits = [1, 10, PictureMatcher.limit]

    private let classes: [CocoClassScores]

    init(_ classes: [CocoClassScores]) {
        self.classes = classes
    }

    /// The mean of precision over recalls, thresholds and categories, with 100 detections of a
    /// category in a picture.
    ///
    /// - Parameters:
    ///   - threshold: One of ``thresholds``; `nil` for all of them.
    ///   - category: An index; `nil` for all of them.
    /// - Returns: 0 … 1; `nil` where no object is to be found.
    package func averagePrecision(
        at threshold: Double? = nil, area: AreaRange = .all, category: Int? = nil
    ) -> Double? {
        mean(at: threshold, category) { $0.precision[area.rawValue] }
    }

    /// The mean of the greatest recall over thresholds and categories.
    ///
    /// - Parameters:
    ///   - limit: One of ``detectionLimits``.
    ///   - threshold: As for ``averagePrecision(at:area:category:)``, like the others.
    package func averageRecall(
        limit: Int = PictureMatcher.limit, at threshold: Double? = nil, area: AreaRange = .all,
        category: Int? = nil
    ) -> Double? {
        guard let position = CocoScores.detectionLimits.firstIndex(of: limit) else {
            preconditionFailure("recall is measured for \(CocoScores.detectionLimits) detections")
        }
        return mean(at: threshold, category) { $0.recall[position][area.rawValue] }
    }

    /// Over the cells of `values`, one for every threshold, of categories that have objects.
    private func mean(
        at threshold: Double?, _ category: Int?, _ values: (CocoClassScores) -> [Double]?
    ) -> Double? {
        let chosen = category.map { [classes[$0]] } ?? classes
        let cells = chosen.compactMap(values).map { cells in
            threshold.map { [cells[CocoScores.position(of: $0)]] } ?? cells
        }.joined()
        return cells.isEmpty ? nil : cells.reduce(0, +) / Double(cells.count)
    }

    private static func position(of threshold: Double) -> Int {
        guard let position = thresholds.firstIndex(where: { abs($0 - threshold) < 1e-9 }) else {
            preconditionFailure("precision is measured at the thresholds \(thresholds)")
        }
        return position
    }
}

/// The scores of one category.
struct CocoClassScores: Sendable {
    /// By range of areas, then threshold: the mean of precision over recalls; `nil` where the range
    /// has no object.
    var precision: [[Double]?] = AreaRange.allCases.map { _ in nil }

    /// By limit of detections, then as ``precision``: the greatest recall.
    var recall: [[[Double]?]] = CocoScores.detectionLimits.map { _ in
        AreaRange.allCases.map { _ in nil }
    }
}
