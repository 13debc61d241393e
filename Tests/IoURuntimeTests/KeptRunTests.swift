import IoURuntime
import IoUTestSupport
import Testing

struct KeptRunTests {
    @Test func isScoredAgainAfterOtherRunsByAnotherDetector() throws {
        let model = try Model(bytes: TinyDetector.model().bytes)
        var detector = try Detector(model)
        let pictures = [try picture(cells: 1), try picture(cells: 4)]
        _ = try detector.detect(in: pictures)
        let kept = [try detector.keep(), try detector.keep(picture: 1)]
        _ = try detector.detect(in: picture(cells: 2))
        var other = try Detector(model)
        for options in [
            DetectOptions(alpha: 0.3), DetectOptions(alpha: 1, scoreThreshold: 0.99),
            DetectOptions(nmsThreshold: 0.1, maximumDetections: 2), DetectOptions(),
        ] {
            for (picture, run) in zip(pictures, kept) {
                let again = try other.rescore(run, options: options)
                #expect(try again == detector.detect(in: picture, options: options))
            }
        }
        #expect(kept[0].byteCount > 0)
    }

    @Test func refusesWhatIsNotThere() throws {
        let model = try Model(bytes: TinyDetector.model().bytes)
        var detector = try Detector(model)
        let none = #expect(throws: IoUError.self) { _ = try detector.keep() }
        #expect(none?.message.contains("expected a run to keep") == true)
        _ = try detector.detect(in: picture(cells: 1))
        for index in [-1, 1] {
            let error = #expect(throws: IoUError.self) { _ = try detector.keep(picture: index) }
            #expect(error?.code == .invalidArgument)
        }
        let kept = try detector.keep()
        _ = try detector.rescore(kept)
        let gone = #expect(throws: IoUError.self) { _ = try detector.rescore() }
        #expect(gone?.code == .invalidArgument)
    }

    /// 128 x 32 pixels, of which the first cells of 32 x 32 are red.
    private func picture(cells: Int) throws -> Image {
        let rgb = (0..<32 * 128).flatMap { [$0 % 128 < 32 * cells ? 255 : 0, 0, 0] as [UInt8] }
        return try Image(width: 128, height: 32, pixels: rgb)
    }
}
