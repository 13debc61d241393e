import CIoU
import CIoUImage
import Foundation
import IoUTestSupport
import Testing

@Suite struct PictureFileTests {
    private let temporary: TemporaryFolder
    private var folder: String { temporary.path }

    init() throws {
        temporary = try TemporaryFolder()
    }

    private func write(_ picture: Picture, to path: String) -> (iou_status, String) {
        var status = IOU_OK
        var error = iou_error()
        _ = picture.withPixels { status = iou_image_write_png(path, &$0, &error) }
        return (status, error.message)
    }

    private func sample(width: Int = 31, height: Int = 17) -> Picture {
        var picture = Picture(width: width, height: height, gray: 0)
        for i in picture.rgb.indices { picture.rgb[i] = UInt8(truncatingIfNeeded: i &* 7 ^ i >> 3) }
        return picture
    }

    @Test func writtenPictureReadsBack() throws {
        let path = folder + "/a b.png"
        #expect(write(sample(), to: path).0 == IOU_OK)
        let found = try read(path).get()
        #expect(found == sample())
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names == ["a b.png"])
    }

    @Test func olderFileIsReplaced() throws {
        let path = folder + "/a.png"
        #expect(write(sample(), to: path).0 == IOU_OK)
        #expect(write(sample(width: 5), to: path).0 == IOU_OK)
        let found = try read(path).get()
        #expect(found.width == 5)
    }

    @Test func failedWriteLeavesNothing() throws {
        let (missing, text) = write(sample(), to: folder + "/none/a.png")
        #expect(missing == IOU_IO_ERROR)
        #expect(text.contains(folder + "/none/a.png"))
        #expect(write(sample(), to: folder).0 == IOU_IO_ERROR)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(names.isEmpty)
        #expect(write(sample(), to: "/dev/null").0 == IOU_IO_ERROR)
        #expect(write(sample(), to: "").0 == IOU_IO_ERROR)
        #expect(write(sample(), to: String(repeating: "x", count: 5000)).0 == IOU_IO_ERROR)
    }

    @Test func fullDeviceLeavesNothing() throws {
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        #expect(write(sample(), to: "/dev/full").0 == IOU_IO_ERROR)
    }

    @Test func onlyFilesAndPipesAreRead() throws {
        #expect(mkfifo(folder + "/pipe.png", 0o600) == 0)
        #expect(read(folder + "/pipe.png").status == IOU_BAD_IMAGE.rawValue, "nobody writes")
        for path in [folder, "/dev/null", "/dev/zero", folder + "/none"] {
            let found = read(path)
            #expect(found.status == IOU_IO_ERROR.rawValue, "\(path)")
            #expect(found.text.contains(path))
        }
    }

    @Test func typeIsToldByContentAndNotByName() throws {
        let path = folder + "/really-a-jpeg.png"
        let jpeg = Fixtures.path("good", "baseline.jpg")
        try FileManager.default.copyItem(atPath: jpeg, toPath: path)
        let found = try read(path).get()
        let expected = try read(jpeg).get()
        #expect(found == expected)
    }

    @Test func errorIsOneLineWithThePath() throws {
        let found = read("/nowhere/two\nlines.png")
        #expect(found.status == IOU_IO_ERROR.rawValue)
        #expect(found.text.contains("/nowhere/two?lines.png"))
        let bad = Fixtures.path("bad", "page.png")
        #expect(read(bad).text.contains(bad))
        #expect(read(bad).text.contains("markup"))
    }

    @Test func unreadableFileIsRefused() throws {
        guard geteuid() != 0 else { return }
        let path = folder + "/a.png"
        #expect(write(sample(), to: path).0 == IOU_OK)
        #expect(chmod(path, 0) == 0)
        #expect(read(path).status == IOU_IO_ERROR.rawValue)
    }
}
