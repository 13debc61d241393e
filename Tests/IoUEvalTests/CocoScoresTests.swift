import Testing

@testable import IoUEval

/// Values that follow from COCO's definition by hand.
struct CocoScoresTests {
    @Test func nothingToFindHasNoScore() {
        let scores = CocoScores([Scene.found(at: 0, score: 1)], for: Scene.truth([]))
        #expect(scores.averagePrecision() == nil)
        #expect(scores.averageRecall() == nil)
    }

    @Test func nothingFoundIsZero() {
        let scores = CocoScores([], for: Scene.truth([Scene.object(1, at: 0)]))
        #expect(scores.averagePrecision() == 0)
        #expect(scores.averageRecall(limit: 1) == 0)
    }

    /// Of two objects the surer detection is wrong: the precision is 1/2 up to a recall of 1/2,
    /// which are 51 of 101 samples.
    @Test func halfFoundBehindAWrongOne() {
        let truth = Scene.truth([Scene.object(1, at: 0), Scene.object(2, at: 50)])
        let found = [Scene.found(at: 80, score: 0.9), Scene.found(at: 0, score: 0.8)]
        let scores = CocoScores(found, for: truth)
        #expect(isClose(scores.averagePrecision(at: 0.5), 0.5 * 51 / 101))
        #expect(scores.averageRecall() == 0.5)
        #expect(scores.averageRecall(limit: 1) == 0)
    }

    /// A box of 10 × 10 pixels beside one of 10 × 10 at (1, 1) has an IoU of 81 / 119 = 0.68.
    @Test func thresholdsUpToTheOverlap() {
        let truth = Scene.truth([Scene.object(1, at: 0)])
        let scores = CocoScores([Scene.found(at: 1, score: 0.5)], for: truth)
        #expect(isClose(scores.averagePrecision(at: 0.65), 1))
        #expect(scores.averagePrecision(at: 0.7) == 0)
        #expect(isClose(scores.averagePrecision(), 0.4))
    }

    /// Any number of detections may lie in a crowd, and count for nothing.
    @Test func crowdsSwallowDetections() {
        let truth = Scene.truth([
            Scene.object(1, at: 0), Scene.object(2, at: 20, side: 60, isCrowd: true),
        ])
        let found = [
            Scene.found(at: 30, score: 0.9), Scene.found(at: 40, score: 0.8),
            Scene.found(at: 0, score: 0.7),
        ]
        #expect(isClose(CocoScores(found, for: truth).averagePrecision(), 1))
    }

    @Test func ignoredObjectsCountForNothing() {
        let truth = Scene.truth([
            Scene.object(1, at: 0), Scene.object(2, at: 40, isIgnored: true),
        ])
        let found = [Scene.found(at: 40, score: 0.9), Scene.found(at: 0, score: 0.8)]
        #expect(isClose(CocoScores(found, for: truth).averagePrecision(), 1))
    }

    /// 32² pixels are small and medium; the detection of a large object is no mistake among small.
    @Test func sizesShareTheirBounds() {
        let truth = Scene.truth([Scene.object(1, at: 0, side: 32)])
        let found = [
            Scene.found(at: 0, side: 96.5, score: 0.9), Scene.found(at: 0, side: 32, score: 0.8),
        ]
        let scores = CocoScores(found, for: truth)
        #expect(isClose(scores.averagePrecision(area: .small), 1))
        #expect(isClose(scores.averagePrecision(area: .medium), 1))
        #expect(scores.averagePrecision(area: .large) == nil)
        #expect(isClose(scores.averagePrecision(area: .all), 0.5))
    }

    /// The 101st detection of a picture is not looked at.
    @Test func onlyTheSurestHundredCount() {
        let truth = Scene.truth([Scene.object(1, at: 0)])
        let wrong = (0..<100).map { Scene.found(at: 60, score: 1 - Double($0) / 1000) }
        let last = Scene.found(at: 0, score: 0.1)
        #expect(CocoScores(wrong + [last], for: truth).averageRecall() == 0)
        #expect(CocoScores(wrong.dropLast() + [last], for: truth).averageRecall() == 1)
    }

    /// Of equal scores, the picture of the lower number comes first.
    @Test func equalScoresAreInTheOrderOfPictures() {
        let truth = Scene.truth([Scene.object(1, at: 0, picture: 0)])
        let found = [
            Scene.found(at: 0, score: 0.5, picture: 1), Scene.found(at: 0, score: 0.5, picture: 0),
        ]
        #expect(isClose(CocoScores(found, for: truth).averagePrecision(), 1))
    }

    @Test func classesWithoutObjectsAreLeftOutOfTheMean() {
        let truth = Scene.truth([Scene.object(1, at: 0)])
        let found = [
            Scene.found(at: 0, score: 0.5), Scene.found(at: 0, score: 0.9, category: 1),
        ]
        let scores = CocoScores(found, for: truth)
        #expect(isClose(scores.averagePrecision(), 1))
        #expect(isClose(scores.averagePrecision(category: 0), 1))
        #expect(scores.averagePrecision(category: 1) == nil)
    }
}

func isClose(_ found: Double?, _ expected: Double) -> Bool {
    found.map { abs($0 - expected) < 1e-12 } ?? false
}
