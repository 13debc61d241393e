import IoURuntime
import IoUTestSupport
import Testing

struct RescoreTests {
    @Test func givesWhatAnotherRunWouldGive() throws {
        var detector = try Detector(Model(bytes: TinyDetector.model().bytes))
        var other = try Detector(Model(bytes: TinyDetector.model().bytes))
        let pictures = [try picture(cells: 1), try picture(cells: 4)]
        _ = try detector.detect(in: pictures)
        for options in [
            DetectOptions(alpha: 0.3), DetectOptions(alpha: 1, scoreThreshold: 0.99),
            DetectOptions(nmsThreshold: 0.1, maximumDetections: 2), DetectOptions(),
        ] {
            let again = try detector.rescore(options: options)
            #expect(try again == other.detect(in: pictures, options: options))
        }
    }

    @Test func wantsARunThatSucceededLast() throws {
        var detector = try Detector(Model(bytes: TinyDetector.model().bytes))
        let none = #expect(throws: IoUError.self) { _ = try detector.rescore() }
        #expect(none?.code == .invalidArgument)
        _ = try detector.detect(in: picture(cells: 1))
        _ = try detector.rescore()
        #expect(throws: IoUError.self) {
            _ = try detector.detect(in: picture(cells: 1), options: DetectOptions(alpha: 7))
        }
        let failed = #expect(throws: IoUError.self) { _ = try detector.rescore() }
        #expect(failed?.message.contains("expected a run to score again") == true)
    }

    @Test func putsTheTrueIoUInPlaceOfThePredictedOne() throws {
        var detector = try Detector(Model(bytes: TinyDetector.model().bytes))
        _ = try detector.detect(in: picture(cells: 1))
        let half = Detection.Box(x1: 0, y1: 0, x2: 32, y2: 16)
        let whole = Detection.Box(x1: 0, y1: 0, x2: 32, y2: 32)
        for (truth, iou) in [([half], Float(0.5)), ([half, whole], 1)] {
            let found = try detector.rescore(truth: [truth])[0]
            #expect(found.map(\.iou) == [iou])
            #expect(abs(found[0].score - (0.98201379 * iou).squareRoot()) < 1e-6)
        }
        #expect(try detector.rescore(truth: [[]])[0].isEmpty)
        let other = #expect(throws: IoUError.self) { _ = try detector.rescore(truth: []) }
        #expect(other?.message.contains("expected true boxes of 1 pictures") == true)
    }

    /// 128 x 32 pixels, of which the first cells of 32 x 32 are red.
    private func picture(cells: Int) throws -> Image {
        let rgb = (0..<32 * 128).flatMap { [$0 % 128 < 32 * cells ? 255 : 0, 0, 0] as [UInt8] }
        return try Image(width: 128, height: 32, pixels: rgb)
    }
}
