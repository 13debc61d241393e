import CIoU
import CIoUImage
import Foundation
import Testing

@Suite struct PictureDecodeTests {
    @Test func fixturesAreThere() {
        #expect(Fixtures.names(in: "good").count > 50)
        #expect(Fixtures.names(in: "bad").count > 25)
        #expect(Fixtures.names(in: "limit").count == 3)
    }

    @Test(arguments: Fixtures.names(in: "good"))
    func goodPictureHasItsPixels(name: String) throws {
        let stem = String(name.dropLast(4))
        let expected = Picture(ppm: try Fixtures.bytes("good", stem + ".ppm"))
        let found = try decode(try Fixtures.bytes("good", name)).get()
        #expect(found.largestDifference(from: expected) <= (name.hasSuffix(".png") ? 0 : 2))
    }

    @Test(arguments: Fixtures.names(in: "bad"))
    func badPictureIsRefused(name: String) throws {
        let found = decode(try Fixtures.bytes("bad", name))
        #expect(found.status == IOU_BAD_IMAGE.rawValue)
        #expect(!found.text.isEmpty)
    }

    @Test(arguments: Fixtures.names(in: "limit"))
    func hugePictureIsRefusedBeforeItsPixels(name: String) throws {
        let found = decode(try Fixtures.bytes("limit", name))
        #expect(found.status == IOU_LIMIT.rawValue)
        #expect(found.text.contains("may have"))
    }

    @Test(arguments: [
        "rgb8.png", "rgba16_adam7.png", "palette2.png", "baseline.jpg",
        "progressive.jpg", "cmyk.jpg", "orientation6.jpg",
    ])
    func truncationIsRefusedWherePixelsAreLost(name: String) throws {
        let whole = try Fixtures.bytes("good", name)
        let expected = try decode(whole).get()
        for count in 0..<whole.count {
            let found = decode(whole.prefix(count))
            // Without its end marker or chunk, and check sums, a picture is none the worse.
            let spared = name.hasSuffix(".jpg") ? 3 : 20
            if count >= whole.count - spared, found.status == IOU_OK.rawValue {
                #expect(try found.get().largestDifference(from: expected) == 0)
            } else {
                #expect(found.status == IOU_BAD_IMAGE.rawValue, "\(count) bytes")
            }
        }
    }

    @Test(arguments: [
        "rgb8_adam7.png", "palette4_trns.png", "progressive.jpg", "ycck.jpg",
        "restarts.jpg", "orientation_big_endian.jpg",
    ])
    func changedBytesNeverCrash(name: String) throws {
        let whole = try Fixtures.bytes("good", name)
        let limits = iou_image_limits(
            struct_size: MemoryLayout<iou_image_limits>.size,
            max_pixels: 1 << 16, max_side: 0, max_file_bytes: 0)
        for index in whole.indices {
            for value: UInt8 in [0x00, 0x7f, 0xff] {
                var changed = whole
                changed[index] = value
                let status = decode(changed, limits: limits).status
                let known = [IOU_OK, IOU_BAD_IMAGE, IOU_LIMIT].map(\.rawValue)
                #expect(known.contains(status), "byte \(index) = \(value)")
            }
        }
    }

    @Test func limitsOfTheCallerAreKept() throws {
        let bytes = try Fixtures.bytes("good", "rgb8.png")
        var limits = iou_image_limits()
        limits.struct_size = MemoryLayout<iou_image_limits>.size
        limits.max_pixels = 16 * 12
        #expect(decode(bytes, limits: limits).status == IOU_OK.rawValue)
        limits.max_pixels -= 1
        #expect(decode(bytes, limits: limits).status == IOU_LIMIT.rawValue)
        limits.max_pixels = 0
        limits.max_side = 15
        #expect(decode(bytes, limits: limits).status == IOU_LIMIT.rawValue)
    }

    @Test func truncationSaysWhere() throws {
        let png = try Fixtures.bytes("good", "rgb8.png")
        #expect(decode(png.dropLast(30)).text.contains("truncated in row"))
        let jpeg = try Fixtures.bytes("good", "baseline.jpg")
        #expect(decode(jpeg.dropLast(30)).text.contains("truncated"))
    }

    @Test func manyScansAreRefused() throws {
        let jpeg = try Fixtures.bytes("good", "progressive.jpg")
        let scan = try #require(lastScan(of: jpeg))
        var long = Array(jpeg.dropLast(2))
        for _ in 0..<300 { long += jpeg[scan] }
        #expect(decode(long + [0xff, 0xd9]).status != IOU_OK.rawValue)
    }

    /// From the last start-of-scan marker to before the end marker.
    private func lastScan(of jpeg: [UInt8]) -> Range<Int>? {
        let starts = jpeg.indices.dropLast().filter { jpeg[$0] == 0xff && jpeg[$0 + 1] == 0xda }
        return starts.last.map { $0..<jpeg.count - 2 }
    }

    @Test func nullArgumentsAreRefused() {
        var pixels = iou_pixels()
        #expect(iou_image_decode(nil, nil, 0, nil, nil) == IOU_INVALID_ARGUMENT)
        #expect(iou_image_decode(&pixels, nil, 5, nil, nil) == IOU_INVALID_ARGUMENT)
        #expect(iou_image_decode(&pixels, nil, 0, nil, nil) == IOU_BAD_IMAGE)
        #expect(iou_image_read(&pixels, nil, nil, nil) == IOU_INVALID_ARGUMENT)
        #expect(iou_image_create(&pixels, 0, 4, nil) == IOU_INVALID_ARGUMENT)
        iou_image_free(nil)
        iou_image_free(&pixels)
    }
}
