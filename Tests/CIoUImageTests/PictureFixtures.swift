import CIoU
import CIoUImage
import Foundation

/// A decoded picture, or why there is none.
struct Picture: Equatable {
    var width: Int
    var height: Int
    var rgb: [UInt8]

    subscript(x: Int, y: Int) -> [UInt8] {
        Array(rgb[(y * width + x) * 3..<(y * width + x + 1) * 3])
    }

    /// Takes over the pixels.
    init(taking pixels: inout iou_pixels) {
        width = Int(pixels.width)
        height = Int(pixels.height)
        rgb = []
        for y in 0..<height {
            rgb += UnsafeBufferPointer(start: pixels.data + y * pixels.stride, count: width * 3)
        }
        iou_image_free(&pixels)
    }

    /// Reads a PPM file as the fixtures' script writes it.
    init(ppm: [UInt8]) {
        let lines = ppm.split(separator: 10, maxSplits: 3, omittingEmptySubsequences: false)
        let size = String(decoding: lines[1], as: UTF8.self).split(separator: " ").map { Int($0)! }
        (width, height) = (size[0], size[1])
        rgb = Array(ppm.suffix(width * height * 3))
    }

    init(width: Int, height: Int, gray: UInt8) {
        self.width = width
        self.height = height
        rgb = Array(repeating: gray, count: width * height * 3)
    }

    func largestDifference(from other: Picture) -> Int {
        guard width == other.width, height == other.height else { return 256 }
        return zip(rgb, other.rgb).map { abs(Int($0) - Int($1)) }.max() ?? 0
    }

    /// Calls `body` with pixels that hold a copy of the picture, and returns what it made of them.
    func withPixels(_ body: (inout iou_pixels) -> Void) -> Picture {
        var pixels = iou_pixels()
        precondition(iou_image_create(&pixels, Int32(width), Int32(height), nil) == IOU_OK)
        for (i, value) in rgb.enumerated() { pixels.data[i] = value }
        body(&pixels)
        return Picture(taking: &pixels)
    }
}

struct Refusal: Error, Equatable {
    var status: iou_status.RawValue
    var text: String
}

extension iou_error {
    var message: String {
        withUnsafeBytes(of: text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

func decode(
    _ bytes: some Sequence<UInt8>,
    limits: iou_image_limits? = nil
) -> Result<Picture, Refusal> {
    var pixels = iou_pixels()
    var error = iou_error()
    let data = Array(bytes)
    let status = data.withUnsafeBytes { raw in
        if var limits {
            return iou_image_decode(&pixels, raw.baseAddress, raw.count, &limits, &error)
        }
        return iou_image_decode(&pixels, raw.baseAddress, raw.count, nil, &error)
    }
    return result(status, &pixels, error)
}

func read(_ path: String) -> Result<Picture, Refusal> {
    var pixels = iou_pixels()
    var error = iou_error()
    return result(iou_image_read(&pixels, path, nil, &error), &pixels, error)
}

private func result(
    _ status: iou_status, _ pixels: inout iou_pixels,
    _ error: iou_error
) -> Result<Picture, Refusal> {
    guard status == IOU_OK else {
        precondition(pixels.data == nil, "a failed call must leave nothing to free")
        return .failure(Refusal(status: status.rawValue, text: error.message))
    }
    return .success(Picture(taking: &pixels))
}

extension Result where Success == Picture, Failure == Refusal {
    var status: iou_status.RawValue {
        if case .failure(let refusal) = self { return refusal.status }
        return IOU_OK.rawValue
    }

    var text: String {
        if case .failure(let refusal) = self { return refusal.text }
        return ""
    }
}

enum Fixtures {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Golden/images")

    static func names(in folder: String) -> [String] {
        let path = root.appendingPathComponent(folder).path
        let all = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return all.filter { folder != "good" || !$0.hasSuffix(".ppm") }.sorted()
    }

    static func path(_ folder: String, _ name: String) -> String {
        root.appendingPathComponent(folder).appendingPathComponent(name).path
    }

    static func bytes(_ folder: String, _ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path(folder, name))))
    }
}
