import IoURuntime
import Testing

struct PixelViewTests {
    @Test(arguments: [
        (PixelFormat.rgb, [1, 2, 3, 4, 5, 6] as [UInt8]), (.bgr, [3, 2, 1, 6, 5, 4]),
        (.rgba, [1, 2, 3, 99, 4, 5, 6, 99]), (.bgra, [3, 2, 1, 99, 6, 5, 4, 99]),
    ])
    func ordersColours(_ format: PixelFormat, _ bytes: [UInt8]) throws {
        let image = try Image(width: 2, height: 1, pixels: bytes, format: format)
        #expect(image.rgb == [1, 2, 3, 4, 5, 6])
    }

    @Test func graysAreColours() throws {
        let image = try Image(width: 1, height: 2, pixels: [7, 9], format: .gray)
        #expect(image.rgb == [7, 7, 7, 9, 9, 9])
    }

    @Test func skipsWhatPadsItsRows() throws {
        let bytes: [UInt8] = [1, 2, 3, 0, 0, 4, 5, 6]
        let view = try PixelView(bytes.span.bytes, width: 1, height: 2, bytesPerRow: 5)
        #expect(try Image(copying: view).rgb == [1, 2, 3, 4, 5, 6])
    }

    @Test(arguments: [
        (0, 1, 3), (1, 0, 3), (-1, 1, 3), (1, -1, 3), (1, 3, 5), (Int.max, 1, 8), (1, Int.max, 8),
        (1, 1, 2),
    ])
    func refusesSizesThatDoNotFit(_ width: Int, _ height: Int, _ stride: Int) {
        let bytes = [UInt8](repeating: 0, count: 12)
        let error = #expect(throws: IoUError.self) {
            let view = try PixelView(
                bytes.span.bytes, width: width, height: height, bytesPerRow: stride)
            _ = view.width
        }
        #expect(error?.code == .invalidArgument)
    }

    @Test func anImageShowsItsOwn() throws {
        let image = try Image(width: 2, height: 1, pixels: [1, 2, 3, 4, 5, 6])
        let pixels = image.pixels
        #expect(pixels.format == .rgb)
        #expect(pixels.width == 2)
        let last = pixels.bytes.unsafeLoad(fromByteOffset: 5, as: UInt8.self)
        #expect(last == 6)
    }
}
