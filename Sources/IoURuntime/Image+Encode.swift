internal import CIoU
internal import CIoUImage
internal import Glibc

/// Kinds of files that pictures are written as.
public enum ImageEncoding: Hashable, Sendable {
    case png
    /// With losses; a quality of 1 to 100.
    case jpeg(quality: Int = 92)
    /// With losses; a quality of 1 to 100. Where WebP was left out of a build, it is refused.
    case webp(quality: Int = 92)

    /// The one that the ending of a file's name stands for, whatever its case.
    ///
    /// - Returns: nil where it stands for none, or for a format that is only read.
    public init?(fileExtension: String) {
        switch fileExtension.lowercased() {
        case "png": self = .png
        case "jpg", "jpeg": self = .jpeg()
        case "webp": self = .webp()
        default: return nil
        }
    }
}

extension Image {
    /// The bytes of a file.
    ///
    /// - Throws: ``IoUError/Code/outOfMemory``; ``IoUError/Code/limit`` where the format has no
    ///   pictures of this size; ``IoUError/Code/unsupported`` where it was left out of the build.
    public func encoded(as encoding: ImageEncoding) throws(IoUError) -> [UInt8] {
        var data: UnsafeMutablePointer<UInt8>?
        var size = 0
        try IoUError.check { error in
            switch encoding {
            case .png: iou_image_encode_png(&data, &size, &storage.pixels, error)
            case .jpeg(let quality):
                iou_image_encode_jpeg(
                    &data, &size, &storage.pixels, Int32(clamping: quality), error)
            case .webp(let quality):
                iou_image_encode_webp(
                    &data, &size, &storage.pixels, Int32(clamping: quality), error)
            }
        }
        defer { free(data) }
        return Array(UnsafeBufferPointer(start: data, count: size))
    }

    /// The bytes of a PNG file.
    ///
    /// - Throws: ``IoUError/Code/outOfMemory``.
    public func encodedPNG() throws(IoUError) -> [UInt8] { try encoded(as: .png) }

    /// Writes a PNG file, whole or not at all.
    ///
    /// - Throws: ``IoUError/Code/inputOutput``.
    public func writePNG(to path: String) throws(IoUError) {
        try writePNG(to: FilePath(path))
    }

    package func writePNG(to path: FilePath) throws(IoUError) {
        try IoUError.check { error in
            path.withCString { iou_image_write_png($0, &storage.pixels, error) }
        }
    }

    /// Writes a file of the kind that its name's ending stands for, PNG where it stands for none;
    /// whole or not at all.
    ///
    /// - Throws: ``IoUError/Code/inputOutput`` and what ``encoded(as:)`` throws.
    public func write(to path: String) throws(IoUError) {
        try write(to: FilePath(path))
    }

    package func write(to path: FilePath) throws(IoUError) {
        let encoding = ImageEncoding(fileExtension: path.fileExtension) ?? .png
        guard encoding != .png else { return try writePNG(to: path) }
        let bytes: [UInt8]
        do throws(IoUError) {
            bytes = try encoded(as: encoding)
        } catch {
            throw IoUError(error.code, "'\(path)': \(error.message)")
        }
        try path.write(bytes)
    }
}
