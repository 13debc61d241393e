import Testing

@testable import IoUEval

struct ScoreCurveTests {
    @Test func thresholdsHaveFewDigits() {
        #expect(ScoreCurve.threshold(0.8, above: 0.3) == 0.7)
        #expect(ScoreCurve.threshold(0.8, above: 0.78) == 0.79)
        #expect(ScoreCurve.threshold(1, above: 0.05) == 0.9)
        #expect(ScoreCurve.threshold(3.2, above: 1.5) == 3)
        let close = ScoreCurve.threshold(0.5, above: nil)
        #expect(close < 0.5 && close > 0.49)
        #expect(ScoreCurve.threshold(0.5, above: (0.5).nextDown) == 0.5)
    }

    /// 2 of 3 right and 1 of 4 objects lost: F1 = 2 · 3 / (4 + 4) at the fourth detection.
    @Test func bestThreshold() throws {
        let verdicts: [Verdict] = [.right, .wrong, .right, .ignored, .right, .wrong]
        let ranking = verdicts.enumerated().map { (score: 0.9 - 0.1 * Double($0), verdict: $1) }
        let curve = ScoreCurve(ranking, objects: 4)
        let best = try #require(curve.best)
        #expect(best.step.right == 3 && best.step.wrong == 1)
        #expect(curve.f1(at: best.threshold) == 0.75)
        #expect(curve.f1(at: 1) == 0)
    }

    @Test func equalScoresAreKeptTogether() {
        let ranking = [(0.5, Verdict.right), (0.5, .wrong)].map { (score: $0, verdict: $1) }
        #expect(ScoreCurve(ranking, objects: 1).steps.map(\.wrong) == [1])
    }

    @Test func calibrationOfEqualNumbersIsPerfect() {
        let pairs = [0, 0.05, 0.55, 1].map { (predicted: $0, measured: $0) }
        let calibration = IoUCalibration(pairs)
        #expect(calibration.expectedError == 0)
        #expect(calibration.bins.map(\.count) == [2, 0, 0, 0, 0, 1, 0, 0, 0, 1])
        #expect(IoUCalibration([]).expectedError == nil)
    }
}
