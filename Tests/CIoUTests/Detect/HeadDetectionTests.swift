import CIoU
import CIoUTestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct HeadDetectionTests {
    private let nothing = [[Float](repeating: -20, count: 64), [Float](repeating: -20, count: 16)]
    private let flat = [[Float](repeating: 0, count: 256), [Float](repeating: 0, count: 64)]

    /// Deltas of a box from an anchor, both as x1 y1 x2 y2; `pixel` is added to widths.
    private func encode(_ box: [Float], from anchor: [Float], pixel: Float) -> [Float] {
        (0..<2).map { ((box[$0] + box[$0 + 2]) - (anchor[$0] + anchor[$0 + 2])) / 2 }
            .enumerated().map { $1 / (anchor[$0 + 2] - anchor[$0] + pixel) }
            + (0..<2).map {
                logf((box[$0 + 2] - box[$0] + pixel) / (anchor[$0 + 2] - anchor[$0] + pixel))
            }
    }

    @Test(arguments: [false, true])
    func decodesWhatWasEncoded(legacy: Bool) throws {
        let detector = try DetectorUnderTest(legacy ? DetectorUnderTest.legacy : [:])
        let base: [Float] = legacy ? [-12, -12, 19, 19] : [-16, -16, 16, 16]
        let cell = (x: 3, y: 2)
        let anchor = zip(base, [cell.x, cell.y, cell.x, cell.y]).map { $0 + Float($1 * 8) }
        let expected: [Float] = [5, 9, 41, 30]
        var classes = nothing
        var boxes = flat
        let index = cell.y * 8 + cell.x
        classes[0][index] = 2
        let deltas = encode(expected, from: anchor, pixel: legacy ? 1 : 0)
        boxes[0].replaceSubrange(index * 4..<index * 4 + 4, with: deltas)
        let found = detector.detect(classes: classes, boxes: boxes, ious: nothing, alpha: 1)
        try #require(found.count == 1)
        let box = [found[0].box.0, found[0].box.1, found[0].box.2, found[0].box.3]
        #expect(zip(box, expected).allSatisfy { abs($0 - $1) < 1e-4 }, "\(box)")
    }

    /// Random-looking logits, the same on every machine.
    private func logits() -> [[Float]] {
        [64, 16].map { count in (0..<count).map { Float(($0 * 37 + count) % 61) / 10 - 3 } }
    }

    @Test func constantIoUKeepsTheOrder() throws {
        let detector = try DetectorUnderTest(["iou.score.threshold": "0"])
        let half = [[Float](repeating: 0, count: 64), [Float](repeating: 0, count: 16)]
        let fused = detector.detect(classes: logits(), boxes: flat, ious: half)
        let plain = detector.detect(classes: logits(), boxes: flat, ious: half, alpha: 1)
        #expect(fused.map(\.probability) == plain.map(\.probability) && !fused.isEmpty)
        let root = Float(0.5).squareRoot()
        #expect(fused.allSatisfy { abs($0.score - $0.probability.squareRoot() * root) < 1e-6 })
    }

    @Test func alphaOneIsPlainRetinaNet() throws {
        let withIoU = try DetectorUnderTest()
        let without = try DetectorUnderTest(
            without: ["iou.outputs.iou", "iou.outputs.iou.kind", "iou.alpha", "iou.fusion.order"])
        let a = withIoU.detect(classes: logits(), boxes: flat, ious: logits(), alpha: 1)
        let b = without.detect(classes: logits(), boxes: flat, ious: nil)
        #expect(a.map(\.score) == b.map(\.score) && !a.isEmpty)
        #expect(a.allSatisfy { $0.score == $0.probability && !$0.iou.isNaN })
        #expect(b.allSatisfy { $0.score == $0.probability && $0.iou.isNaN })
    }

    @Test func equalScoresGoByLevelAndIndex() throws {
        let detector = try DetectorUnderTest(["iou.nms.threshold": "1"])
        let same = [[Float](repeating: 1, count: 64), [Float](repeating: 1, count: 16)]
        let found = detector.detect(classes: same, boxes: flat, ious: same)
        #expect(found.count == 80)
        #expect(found[0].box.2 == 16 && found[1].box.2 == 24 && found[64].box.2 == 32)
    }

    @Test func notANumberNeverPasses() throws {
        let detector = try DetectorUnderTest(["iou.score.threshold": "0"])
        let bad = [[Float](repeating: .nan, count: 64), [Float](repeating: .nan, count: 16)]
        for alpha in [Float(0), 0.5, 1] {
            #expect(detector.detect(classes: bad, boxes: flat, ious: flat, alpha: alpha).isEmpty)
        }
        #expect(detector.detect(classes: logits(), boxes: flat, ious: bad).isEmpty)
    }
}
