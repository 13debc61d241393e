import IoURuntime
import IoUTestSupport
import Testing

struct ImageTests {
    @Test func holdsPixels() throws {
        let image = try Image(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6])
        #expect(image.width == 2)
        #expect(image.height == 1)
        #expect(image.rgb == [1, 2, 3, 4, 5, 6])
    }

    @Test func refusesPixelsThatDoNotFit() {
        #expect(throws: IoUError.self) { _ = try Image(width: 2, height: 2, pixels: [1, 2, 3]) }
    }

    @Test func comesBackFromAFile() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("picture.png")
        let rgb = (0..<3 * 5 * 7).map { UInt8($0) }
        try Image(width: 5, height: 7, pixels: rgb).writePNG(to: FilePath(path))
        #expect(try Image(path: path).rgb == rgb)
        #expect(try Image(decoding: FilePath(path).read(limit: 1 << 20)).rgb == rgb)
        let bytes = try Image(width: 5, height: 7, pixels: rgb).encodedPNG()
        #expect(try bytes == FilePath(path).read(limit: 1 << 20))
    }

    @Test func drawsBoxes() throws {
        let blank = [UInt8](repeating: 0, count: 3 * 64 * 64)
        var image = try Image(width: 64, height: 64, pixels: blank)
        let box = Detection.Box(x1: 10, y1: 10, x2: 50, y2: 50)
        let found = Detection(
            label: "cell", classIndex: 1, score: 0.5, probability: 0.5, iou: nil, box: box)
        try image.draw([found])
        #expect(image.rgb != blank)
        try image.draw([])
    }

    @Test func aCopyKeepsItsPixels() throws {
        let image = try Image(
            width: 64, height: 64, pixels: [UInt8](repeating: 0, count: 3 * 64 * 64))
        var drawn = image
        let box = Detection.Box(x1: 10, y1: 10, x2: 50, y2: 50)
        try drawn.draw([
            Detection(
                label: "cell", classIndex: 1, score: 0.5, probability: 0.5, iou: nil, box: box)
        ])
        #expect(image.rgb.allSatisfy { $0 == 0 })
        #expect(drawn.rgb.contains { $0 != 0 })
    }

    @Test func keepsToItsLimits() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("picture.png")
        try Image(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6]).writePNG(to: path)
        let error = #expect(throws: IoUError.self) {
            _ = try Image(path: path, limits: ImageLimits(maximumSide: 1))
        }
        #expect(error?.code == .limit)
    }

    @Test func refusesWhatIsNoPicture() {
        let error = #expect(throws: IoUError.self) { _ = try Image(decoding: [1, 2, 3]) }
        #expect(error?.code == .badImage)
        #expect(throws: IoUError.self) { _ = try Image(path: "/nonexistent.png") }
    }
}
