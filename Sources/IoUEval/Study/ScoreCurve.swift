/// How many detections of one category are right and wrong, from each score on, at an IoU of 0.5.
package struct ScoreCurve: Sendable {
    /// To be found.
    package let objects: Int

    /// One for each score, falling.
    package let steps: [Step]

    /// The detections with a score of at least ``score``.
    package struct Step: Hashable, Sendable {
        package let score: Double
        package let right: Int
        package let wrong: Int

        package var precision: Double { Double(right) / Double(max(1, right + wrong)) }
    }

    init(_ ranking: [(score: Double, verdict: Verdict)], objects: Int) {
        self.objects = objects
        var steps: [Step] = []
        var (right, wrong) = (0, 0)
        for (score, verdict) in ranking where verdict != .ignored {
            if verdict == .right { right += 1 } else { wrong += 1 }
            if steps.last?.score == score { steps.removeLast() }
            steps.append(Step(score: score, right: right, wrong: wrong))
        }
        self.steps = steps
    }

    package func recall(of step: Step) -> Double { Double(step.right) / Double(objects) }

    /// The harmonic mean of precision and recall.
    package func f1(of step: Step) -> Double {
        2 * Double(step.right) / Double(step.right + step.wrong + objects)
    }

    /// Where detections from a score on count; 0 where none has it.
    package func f1(at threshold: Double) -> Double { step(at: threshold).map(f1(of:)) ?? 0 }

    /// The detections with a score of at least `threshold`; `nil` where there are none.
    package func step(at threshold: Double) -> Step? {
        var (low, high) = (0, steps.count)
        while low < high {
            let middle = (low + high) / 2
            if steps[middle].score >= threshold { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? steps[low - 1] : nil
    }

    /// The threshold with the greatest F1, of equal ones the highest; `nil` where nothing is right.
    package var best: (threshold: Double, step: Step)? {
        var best: Int?
        for position in steps.indices
        where f1(of: steps[position]) > (best.map { f1(of: steps[$0]) } ?? 0) {
            best = position
        }
        guard let best else { return nil }
        let next = best + 1 < steps.count ? steps[best + 1].score : nil
        return (ScoreCurve.threshold(steps[best].score, above: next), steps[best])
    }

    /// The number with the fewest digits below `score` and above the next score, so that any
    /// comparison keeps the one and drops the other.
    ///
    /// - Parameter next: `nil`: nothing is known below `score`, and the threshold is close to it.
    static func threshold(_ score: Double, above next: Double?) -> Double {
        let close = score - abs(score) / 100 - 1e-6
        let bound = next ?? (score >= 0 ? max(close, -.leastNonzeroMagnitude) : close)
        var scale = 1.0
        for _ in 0...12 {
            let above = (score * scale).rounded(.up)
            for number in [(above - 1) / scale, (above - 2) / scale]
            where number > bound && number < score {
                return number
            }
            scale *= 10
        }
        return score
    }
}
