import Testing

@testable import IoUEval

/// One error of each of TIDE's kinds, made by hand: squares of 10 pixels on a diagonal.
struct ErrorStudyTests {
    private func kinds(
        _ found: [FoundObject], _ objects: [GroundTruth.Object]
    ) -> [ErrorKind] {
        ErrorStudy(found, for: Scene.truth(objects)).errors.map(\.kind)
    }

    @Test func rightDetectionsAreNoErrors() {
        let study = ErrorStudy(
            [Scene.found(at: 0, score: 0.5)], for: Scene.truth([Scene.object(1, at: 0)]))
        #expect(study.errors.isEmpty && study.found == [0] && study.lost.isEmpty)
    }

    @Test func eachKindIsTold() {
        let object = [Scene.object(1, at: 20)]
        #expect(kinds([Scene.found(at: 20, score: 1, category: 1)], object) == [.classification])
        #expect(kinds([Scene.found(at: 24, score: 1)], object) == [.localization])
        #expect(kinds([Scene.found(at: 24, score: 1, category: 1)], object) == [.both, .missed])
        #expect(kinds([Scene.found(at: 60, score: 1)], object) == [.background, .missed])
        #expect(kinds([], object) == [.missed])
        let twice = [Scene.found(at: 20, score: 1), Scene.found(at: 20, score: 0.9)]
        #expect(kinds(twice, object) == [.duplicate])
    }

    /// The only error of half the objects: mending it gains what it lacks.
    @Test func costsAreTheGain() throws {
        let truth = Scene.truth([Scene.object(1, at: 0), Scene.object(2, at: 50)])
        let found = [Scene.found(at: 0, score: 1), Scene.found(at: 54, score: 0.5)]
        let study = ErrorStudy(found, for: truth)
        let costs = try #require(ErrorCosts(study, found, for: truth))
        #expect(isClose(costs.precision, 51.0 / 101))
        #expect(isClose(costs.kinds[.localization], 50.0 / 101))
        #expect(costs.kinds[.missed] == 0)
        #expect(isClose(costs.falseNegatives, 50.0 / 101))
    }

    @Test func nothingCostsNothing() {
        let truth = Scene.truth([])
        #expect(ErrorCosts(ErrorStudy([], for: truth), [], for: truth) == nil)
    }

    @Test func detectionsInCrowdsAreLeftOut() {
        let truth = Scene.truth([Scene.object(1, at: 20, side: 60, isCrowd: true)])
        let found = [Scene.found(at: 30, score: 1)]
        let counted = ErrorStudy(found, for: truth).errors.filter { !$0.isIgnored }
        #expect(counted.isEmpty)
        let matrix = ConfusionMatrix(found, for: truth, threshold: 0)
        #expect(matrix.counts.isEmpty)
    }

    private func isClose(_ value: Double?, _ expected: Double) -> Bool {
        value.map { abs($0 - expected) < 1e-12 } ?? false
    }
}
