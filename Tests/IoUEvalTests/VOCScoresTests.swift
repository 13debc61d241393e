import Testing

@testable import IoUEval

/// Values that follow from the definitions of the VOC challenges by hand.
struct VOCScoresTests {
    private let truth = Scene.truth([Scene.object(1, at: 0), Scene.object(2, at: 50)])

    /// Precision 1/2 up to a recall of 1/2: 6 of 11 samples, and half of the area.
    @Test func halfFoundBehindAWrongOne() {
        let found = [Scene.found(at: 80, score: 0.9), Scene.found(at: 0, score: 0.8)]
        let scores = VOCScores(found, for: truth)
        #expect(isClose(scores.mean?.elevenPoints, 0.5 * 6 / 11))
        #expect(isClose(scores.mean?.area, 0.25))
        #expect(scores.classes[1] == nil)
    }

    /// Unlike COCO's, a second detection does not turn to the next best object.
    @Test func theSecondOfAnObjectIsWrong() {
        let near = Scene.truth([Scene.object(1, at: 0), Scene.object(2, at: 1)])
        let found = [Scene.found(at: 0, score: 0.9), Scene.found(at: 0.2, score: 0.8)]
        #expect(isClose(VOCScores(found, for: near).mean?.area, 0.5))
        #expect(isClose(CocoScores(found, for: near).averagePrecision(at: 0.5), 1))
    }

    @Test func difficultObjectsCountForNothing() {
        let truth = Scene.truth([
            Scene.object(1, at: 0), Scene.object(2, at: 50, isIgnored: true),
        ])
        let found = [
            Scene.found(at: 50, score: 0.9), Scene.found(at: 50, score: 0.85),
            Scene.found(at: 0, score: 0.8),
        ]
        #expect(isClose(VOCScores(found, for: truth).mean?.area, 1))
    }

    /// Three of ten are a recall of 0.3, though 3 * 0.1 is more in binary.
    @Test func recallsAreFractions() {
        let truth = Scene.truth((0..<10).map { Scene.object($0 + 1, at: Double($0) * 10) })
        let found = (0..<3).map { Scene.found(at: Double($0) * 10, score: 0.9) }
        #expect(isClose(VOCScores(found, for: truth).mean?.elevenPoints, 4.0 / 11))
    }

    @Test func overlapsNeedTheThreshold() {
        let found = [Scene.found(at: 1, score: 0.9), Scene.found(at: 51, score: 0.8)]
        #expect(isClose(VOCScores(found, for: truth, threshold: 0.68).mean?.area, 1))
        #expect(VOCScores(found, for: truth, threshold: 0.69).mean?.area == 0)
    }

    @Test func bestOverlapsAreOfTheClassAndPicture() {
        let found = [
            Scene.found(at: 51, score: 0.9), Scene.found(at: 51, score: 0.9, category: 1),
            Scene.found(at: 51, score: 0.9, picture: 1),
        ]
        let overlaps = truth.bestOverlaps(of: found)
        #expect(overlaps.map { $0?.object } == [1, nil, nil])
        #expect(isClose(overlaps[0]?.iou, 81.0 / 119))
    }
}
