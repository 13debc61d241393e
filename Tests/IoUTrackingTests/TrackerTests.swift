import Testing

@testable import IoUTracking

@Suite struct TrackerTests {
    private func object(_ x: Double, _ y: Double = 0, score: Double = 0.9, kind: Int = 0)
        -> Observation
    {
        Observation(
            box: Rectangle(x1: x, y1: y, x2: x + 40, y2: y + 40), score: score, classIndex: kind)
    }

    /// Without noise of motion the filter's estimate is the mean of what was seen, a closed form.
    @Test func aNumberAtRestIsTheWeightedMean() {
        var number = MovingNumber(10, 2, 0)
        number.update(13, 1)
        // Weights 1/4 and 1/1.
        #expect(abs(number.position - (10 / 4.0 + 13) / 1.25) < 1e-12)
        #expect(number.velocity == 0)
    }

    /// A box that moves steadily is expected where it will be.
    @Test func theFilterLearnsAVelocity() {
        var motion = MotionFilter(object(0).box)
        for frame in 1...30 {
            motion.predict(keepsHeight: false)
            motion.update(object(5 * Double(frame), 2 * Double(frame)).box)
        }
        motion.predict(keepsHeight: false)
        #expect(abs(motion.box.x1 - 155) < 0.5)
        #expect(abs(motion.box.y1 - 62) < 0.5)
        #expect(abs(motion.box.y2 - motion.box.y1 - 40) < 0.5)
    }

    /// Two objects that cross keep their numbers.
    @Test func crossing() {
        var tracker = Tracker()
        for frame in 0..<40 {
            let found = tracker.update([
                object(Double(frame) * 6), object(240 - Double(frame) * 6, 25),
            ])
            #expect(found == [1, 2])
        }
    }

    /// Low scores continue a track and begin none; a hidden object comes back under its number.
    @Test func occlusion() {
        var tracker = Tracker()
        for frame in 0..<60 {
            let x = Double(frame) * 2
            switch frame {
            case 20..<25: #expect(tracker.update([object(x, score: 0.2)]) == [1])
            case 25..<40: #expect(tracker.update([]).isEmpty)
            default: #expect(tracker.update([object(x)]) == [1])
            }
        }
        #expect(tracker.update([object(400, score: 0.5)]) == [nil])
        #expect(tracker.update([object(400, score: 0.5)]) == [nil])
    }

    /// Numbers are given at the second sight, but in the first frame; a track is forgotten in time.
    @Test func confirmation() {
        var tracker = Tracker()
        #expect(tracker.update([object(0)]) == [1])
        #expect(tracker.update([object(0), object(200)]) == [1, nil])
        #expect(tracker.update([object(0), object(200), object(400)]) == [1, 2, nil])
        for _ in 0..<31 { _ = tracker.update([]) }
        #expect(tracker.update([object(0)]) == [nil])
        #expect(tracker.update([object(0)]) == [3])
    }

    @Test func classesAreApart() {
        var tracker = Tracker()
        #expect(tracker.update([object(0), object(0, kind: 1)]) == [1, 2])
        #expect(tracker.update([object(0, kind: 1), object(0)]) == [2, 1])
    }

    @Test func oddBoxes() {
        var tracker = Tracker()
        let flat = Observation(
            box: Rectangle(x1: 5, y1: 5, x2: 5, y2: 5), score: 0.9, classIndex: 0)
        for _ in 0..<5 {
            let found = tracker.update([flat, object(100)])
            #expect(found[1] == 2)
        }
    }
}
