/// Average precision as the PASCAL VOC challenges define it (Everingham et al., 2010; VOCevaldet.m
/// of the development kit), for boxes by the edges of pixels.
///
/// A detection belongs to the one object that it overlaps most, and is wrong where a surer one has
/// found that before. Difficult objects, and crowds, are neither to be found nor wrong to find.
package struct VOCScores: Sendable {
    /// The least overlap that finds an object; VOC's own is 0.5.
    package let threshold: Double

    /// By category; `nil` where no object is to be found.
    package let classes: [AveragePrecision?]

    package struct AveragePrecision: Hashable, Sendable {
        /// VOC 2007's: the mean of precision at the recalls 0, 0.1 … 1.
        package let elevenPoints: Double

        /// VOC's from 2010 on: the area below precision over recall.
        package let area: Double
    }

    /// Over the categories that have objects.
    package var mean: AveragePrecision? {
        let cells = classes.compactMap(\.self)
        guard !cells.isEmpty else { return nil }
        return AveragePrecision(
            elevenPoints: cells.map(\.elevenPoints).reduce(0, +) / Double(cells.count),
            area: cells.map(\.area).reduce(0, +) / Double(cells.count))
    }

    /// Scores detections against what is to be found; of equal scores, the detection that is
    /// first in `found` comes first.
    package init(_ found: [FoundObject], for truth: GroundTruth, threshold: Double = 0.5) {
        self.threshold = threshold
        let overlaps = truth.bestOverlaps(of: found)
        var counts = [Int](repeating: 0, count: truth.categories.count)
        for object in truth.objects where object.isToBeFound { counts[object.category] += 1 }
        var curves = counts.map { PrecisionCurve(objects: $0) }
        var isTaken = [Bool](repeating: false, count: truth.objects.count)
        for index in found.map(\.score).fallingOrder {
            var verdict = Verdict.wrong
            if let overlap = overlaps[index], overlap.iou >= threshold {
                let isFirst = !isTaken[overlap.object]
                verdict = isFirst ? .right : .wrong
                if !truth.objects[overlap.object].isToBeFound { verdict = .ignored }
                isTaken[overlap.object] = true
            }
            curves[found[index].category].append(verdict)
        }
        classes = zip(counts, curves).map { count, curve in
            count == 0
                ? nil
                : AveragePrecision(elevenPoints: curve.elevenPointPrecision, area: curve.area)
        }
    }
}
