import Foundation
import IoURuntime
import IoUTestSupport
import Testing

struct DetectorTests {
    @Test func findsTheRedCell() throws {
        var detector = try Detector(Model(bytes: TinyDetector.model().bytes))
        #expect(detector.labels == ["red", "green"])
        let found = try detector.detect(in: picture(red: (1, 0)))
        #expect(found.map(\.label) == ["red"])
        let only = try #require(found.first)
        #expect(only.classIndex == 0)
        #expect(only.box == Detection.Box(x1: 32, y1: 0, x2: 64, y2: 32))
        #expect(close(only.probability, 0.98201379))
        #expect(close(only.iou ?? -1, 0.5))
        #expect(close(only.score, 0.70071883))
    }

    @Test func fusesWithTheAlphaThatIsAskedFor() throws {
        var detector = try Detector(Model(bytes: TinyDetector.model().bytes))
        let image = try picture(red: (0, 1))
        for (alpha, score) in [(Float(1), Float(0.98201379)), (0.5, 0.70071883), (0, 0.5)] {
            let options = DetectOptions(alpha: alpha, maximumDetections: 1)
            #expect(close(try detector.detect(in: image, options: options)[0].score, score))
        }
    }

    @Test func sortsByScoreAndKeepsAsManyAsAskedFor() throws {
        var detector = try Detector(Model(bytes: TinyDetector.model().bytes))
        let image = try picture(red: (1, 1), green: (0, 0))
        #expect(try detector.detect(in: image).map(\.label) == ["red", "green"])
        let options = DetectOptions(maximumDetections: 1)
        #expect(try detector.detect(in: image, options: options).map(\.label) == ["red"])
        let strict = DetectOptions(scoreThreshold: 0.69)
        #expect(try detector.detect(in: image, options: strict).map(\.label) == ["red"])
    }

    @Test func looksAtSeveralPicturesTogether() throws {
        var detector = try Detector(Model(bytes: TinyDetector.model().bytes))
        let one = try picture(red: (1, 0))
        let two = try picture(red: (1, 1), green: (0, 0))
        let found = try detector.detect(in: [one, two, one])
        #expect(found.map { $0.map(\.label) } == [["red"], ["red", "green"], ["red"]])
        #expect(try found[1] == detector.detect(in: two))
        #expect(try detector.detect(in: []).isEmpty)
    }

    @Test func looksAtPixelsOfOthers() throws {
        var detector = try Detector(Model(bytes: TinyDetector.model().bytes))
        var frame = [UInt8](repeating: 0, count: 64 * 272)
        frame[32 * 4 + 2] = 255
        let view = try PixelView(
            frame.span.bytes, width: 64, height: 64, format: .bgra, bytesPerRow: 272)
        let found = try detector.detect(in: view)
        #expect(found.map(\.label) == ["red"])
        #expect(found.width == 64)
    }

    @Test func detectionsAreACollection() throws {
        var detector = try Detector(Model(bytes: TinyDetector.model().bytes))
        let found = try detector.detect(in: picture(red: (1, 1), green: (0, 0)))
        #expect((found.width, found.height) == (64, 64))
        #expect(found.count == 2)
        #expect(found.first?.label == "red")
        #expect(found["green"].map(\.box.x1) == [0])
        #expect(found["blue"].isEmpty)
    }

    @Test func refusesMoreDetectionsThanMemoryHolds() throws {
        var detector = try Detector(Model(bytes: TinyDetector.model().bytes))
        let image = try picture(red: (0, 0))
        let error = #expect(throws: IoUError.self) {
            _ = try detector.detect(in: image, options: DetectOptions(maximumDetections: 1 << 30))
        }
        #expect(error?.code == .limit)
    }

    @Test(arguments: ["iou.version", "iou.anchors", "iou.labels", "iou.outputs.cls", "iou.alpha"])
    func namesTheKeyThatIsMissing(_ key: String) throws {
        let model = try Model(bytes: TinyDetector.model(changing: [key: String?.none]).bytes)
        let error = #expect(throws: IoUError.self) { _ = try Detector(model) }
        #expect(error?.code == .badMetadata)
        #expect(error?.message.contains(key) == true, "\(error?.message ?? "")")
    }

    @Test func refusesLabelsThatDoNotFit() throws {
        let changes = ["iou.labels": "red\ngreen\nblue"]
        let model = try Model(bytes: TinyDetector.model(changing: changes).bytes)
        let error = #expect(throws: IoUError.self) { _ = try Detector(model) }
        #expect(error?.code == .badMetadata)
    }

    private func close(_ left: Float, _ right: Float) -> Bool {
        abs(left - right) < 1e-5
    }

    /// 64 x 64 pixels, black but for one or two cells of 32 x 32.
    private func picture(
        red: (x: Int, y: Int), green: (x: Int, y: Int)? = nil
    ) throws -> Image {
        var rgb = [UInt8](repeating: 0, count: 64 * 64 * 3)
        for y in 0..<64 {
            for x in 0..<64 {
                if (x / 32, y / 32) == red { rgb[(y * 64 + x) * 3] = 255 }
                if let green, (x / 32, y / 32) == green { rgb[(y * 64 + x) * 3 + 1] = 255 }
            }
        }
        return try Image(width: 64, height: 64, pixels: rgb)
    }
}
