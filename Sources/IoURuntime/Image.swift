internal import CIoU
internal import CIoUImage

/// A picture of 8-bit RGB pixels.
public struct Image: ~Copyable {
    private var pixels: iou_pixels

    /// Reads a PNG or JPEG file, told apart by its first bytes; the EXIF orientation is applied.
    ///
    /// - Throws: `inputOutput`, `badImage` where the file is truncated, corrupt or of another
    ///   kind, or `limit`.
    public init(path: FilePath) throws(IoUError) {
        pixels = try Image.pixels { read, error in
            path.withCString { iou_image_read(read, $0, nil, error) }
        }
    }

    /// Reads a PNG or JPEG file.
    public init(path: String) throws(IoUError) {
        try self.init(path: FilePath(path))
    }

    /// Decodes the bytes of a PNG or JPEG file.
    public init(decoding bytes: [UInt8]) throws(IoUError) {
        pixels = try Image.pixels { decoded, error in
            iou_image_decode(decoded, bytes, bytes.count, nil, error)
        }
    }

    /// A picture from pixels, `3 * width * height` bytes, the first row first.
    ///
    /// - Throws: `invalidArgument` where the sizes do not fit.
    public init(width: Int, height: Int, rgb: [UInt8]) throws(IoUError) {
        _ = try Tensor(type: .uint8, shape: [height, width, 3], bytes: rgb)
        pixels = try Image.pixels { created, error in
            iou_image_create(created, Int32(clamping: width), Int32(clamping: height), error)
        }
        for row in 0..<height {
            UnsafeMutableRawBufferPointer(
                start: pixels.data + row * pixels.stride, count: width * 3
            ).copyBytes(from: rgb[row * width * 3..<(row + 1) * width * 3])
        }
    }

    private static func pixels(
        _ call: (UnsafeMutablePointer<iou_pixels>, UnsafeMutablePointer<iou_error>) -> iou_status
    ) throws(IoUError) -> iou_pixels {
        var pixels = iou_pixels()
        try IoUError.check { call(&pixels, $0) }
        return pixels
    }

    deinit {
        var last = pixels
        iou_image_free(&last)
    }

    /// Pixels in a row.
    public var width: Int { Int(pixels.width) }

    /// Rows.
    public var height: Int { Int(pixels.height) }

    /// The pixels, `3 * width * height` bytes, the first row first.
    public var rgb: [UInt8] {
        (0..<height).flatMap { row in
            UnsafeBufferPointer(start: pixels.data + row * pixels.stride, count: width * 3)
        }
    }

    /// Valid as long as the image.
    var picture: iou_picture {
        iou_picture(
            data: pixels.data, width: pixels.width, height: pixels.height,
            stride: pixels.stride, format: IOU_PIXELS_RGB)
    }

    /// Draws boxes with the class, the score and the predicted IoU of each.
    ///
    /// - Throws: `outOfMemory`.
    public mutating func draw(_ detections: [Detection]) throws(IoUError) {
        try Image.withDrawItems(for: detections[...]) { items throws(IoUError) in
            try IoUError.check { iou_draw_detections(&pixels, items, items.count, $0) }
        }
    }

    /// Writes a PNG file, whole or not at all.
    ///
    /// - Throws: `inputOutput`.
    public func writePNG(to path: FilePath) throws(IoUError) {
        var view = pixels
        try IoUError.check { error in
            path.withCString { iou_image_write_png($0, &view, error) }
        }
    }
}
