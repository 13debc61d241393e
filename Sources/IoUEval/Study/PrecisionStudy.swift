/// Precision over recall of each category, as pycocotools samples it, and precision and recall over
/// the score.
package struct PrecisionStudy: Sendable {
    /// The recalls of ``ClassPrecision/samples``: 0, 0.01 … 1.
    package static let recalls = CocoScores.recalls

    /// By category; `nil` where nothing is to be found.
    package let classes: [ClassPrecision?]

    package init(_ found: [FoundObject], for truth: GroundTruth) {
        let groups = GroupedObjects(truth, found)
        classes = truth.categories.indices.map { category in
            let objects = groups.objects(of: category).count { $0.counts(in: .all) }
            guard objects > 0 else { return nil }
            let judged = JudgedDetections(groups, category: category)
            return ClassPrecision(
                samples: CocoScores.thresholds.indices.map { threshold in
                    judged.curve(.all, threshold: threshold, of: objects)
                        .samples(at: CocoScores.recalls)
                },
                scores: ScoreCurve(judged.ranking(.all, threshold: 0), objects: objects))
        }
    }

    /// Over the categories that have objects: by position in ``CocoScores/thresholds``, then recall.
    package var meanSamples: [[Double]] {
        let known = classes.compactMap(\.self)
        return CocoScores.thresholds.indices.map { threshold in
            PrecisionStudy.recalls.indices.map { recall in
                let sum = known.reduce(0) { $0 + $1.samples[threshold][recall] }
                return known.isEmpty ? 0 : sum / Double(known.count)
            }
        }
    }

    /// By falling threshold: where the mean of F1 changes, and what it is from there on down.
    private var meanSteps: [(score: Double, f1: Double)] {
        let curves = classes.compactMap { $0?.scores }
        var changes: [(score: Double, change: Double)] = []
        for curve in curves {
            var before = 0.0
            for step in curve.steps {
                let f1 = curve.f1(of: step)
                changes.append((step.score, f1 - before))
                before = f1
            }
        }
        changes.sort { $0.score > $1.score }
        var steps: [(score: Double, f1: Double)] = []
        var sum = 0.0
        for change in changes {
            sum += change.change
            let f1 = sum / Double(curves.count)
            if steps.last?.score == change.score { steps.removeLast() }
            steps.append((change.score, f1))
        }
        return steps
    }

    /// The threshold that makes the mean of F1 over the categories greatest, and that mean; `nil`
    /// where nothing is found or to be found.
    package var bestThreshold: (threshold: Double, f1: Double)? {
        let steps = meanSteps
        // The sums of differences end with other last bits.
        guard let best = steps.max(by: { $0.f1 < $1.f1 - 1e-12 }), best.f1 > 0,
            let position = steps.firstIndex(where: { $0.score == best.score })
        else { return nil }
        let next = position + 1 < steps.count ? steps[position + 1].score : nil
        return (ScoreCurve.threshold(best.score, above: next), best.f1)
    }

    /// The mean of F1 over the categories where detections from a score on count.
    package func meanF1(at threshold: Double) -> Double {
        let known = classes.compactMap(\.self)
        let sum = known.reduce(0) { $0 + $1.scores.f1(at: threshold) }
        return known.isEmpty ? 0 : sum / Double(known.count)
    }
}

/// Precision of one category.
package struct ClassPrecision: Sendable {
    /// By position in ``CocoScores/thresholds``, then in ``PrecisionStudy/recalls``: the greatest
    /// precision at that recall or beyond. Their mean is the average precision.
    package let samples: [[Double]]

    /// At an IoU of 0.5.
    package let scores: ScoreCurve
}
