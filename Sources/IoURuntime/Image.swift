internal import CIoU
internal import CIoUImage
internal import Glibc

/// A picture of 8-bit RGB pixels.
///
/// Copies share their pixels until one is changed.
public struct Image: Sendable {
    var storage: PixelStorage

    /// The formats that are read, as in "PNG, JPEG, BMP, WebP, TIFF, GIF". The last three can be left
    /// out of a build.
    public static let formats = String(cString: iou_image_formats())

    /// Reads a picture, of a format that its first bytes tell (``formats``); of animations the first.
    /// The orientation that the file gives is applied.
    ///
    /// - Throws: ``IoUError/Code/inputOutput``,
    ///   ``IoUError/Code/badImage`` where the file is truncated, corrupt or of another
    ///   kind, or ``IoUError/Code/limit``.
    public init(path: String, limits: ImageLimits = ImageLimits()) throws(IoUError) {
        try self.init(path: FilePath(path), limits: limits)
    }

    package init(path: FilePath, limits: ImageLimits = ImageLimits()) throws(IoUError) {
        storage = try PixelStorage { read, error in
            path.withCString { path in limits.withC { iou_image_read(read, path, $0, error) } }
        }
    }

    /// Decodes the bytes of a picture file, see ``formats``.
    ///
    /// - Throws: ``IoUError/Code/badImage``, or ``IoUError/Code/limit``.
    public init(
        decoding bytes: [UInt8], limits: ImageLimits = ImageLimits()
    ) throws(IoUError) {
        storage = try PixelStorage { decoded, error in
            limits.withC { iou_image_decode(decoded, bytes, bytes.count, $0, error) }
        }
    }

    /// A picture from pixels, the first row first, without padding.
    ///
    /// - Throws: ``IoUError/Code/invalidArgument`` where the sizes do not fit.
    public init(
        width: Int, height: Int, pixels: [UInt8], format: PixelFormat = .rgb
    ) throws(IoUError) {
        let view = try PixelView(pixels.span.bytes, width: width, height: height, format: format)
        guard pixels.count == view.bytesPerRow * height else {
            throw IoUError(
                .invalidArgument,
                "picture of \(width) x \(height) pixels: expected \(view.bytesPerRow * height) "
                    + "bytes, found \(pixels.count)")
        }
        try self.init(copying: view)
    }

    /// A picture of its own from pixels that are elsewhere.
    ///
    /// - Throws: ``IoUError/Code/outOfMemory``.
    public init(copying view: borrowing PixelView) throws(IoUError) {
        storage = try PixelStorage(width: view.width, height: view.height)
        storage.fill(from: view)
    }

    /// Pixels in a row.
    public var width: Int { Int(storage.pixels.width) }

    /// Rows.
    public var height: Int { Int(storage.pixels.height) }

    /// The pixels where they are.
    public var pixels: PixelView {
        @_lifetime(borrow self)
        get {
            let bytes = RawSpan(_unsafeBytes: UnsafeRawBufferPointer(storage.bytes))
            let view = PixelView(
                rgb: bytes, width: width, height: height, bytesPerRow: storage.pixels.stride)
            return _overrideLifetime(view, borrowing: self)
        }
    }

    /// The pixels, `3 * width * height` bytes, copied.
    public var rgb: [UInt8] {
        let row = width * 3
        let bytes = storage.bytes
        return (0..<height).flatMap {
            bytes[$0 * storage.pixels.stride..<$0 * storage.pixels.stride + row]
        }
    }

    /// Valid as long as the image.
    var picture: iou_picture {
        let pixels = storage.pixels
        return iou_picture(
            data: pixels.data, width: pixels.width, height: pixels.height,
            stride: pixels.stride, format: IOU_PIXELS_RGB)
    }

    /// Bytes of some pixels of a row.
    func bytes(ofRow row: Int, _ columns: Range<Int>) -> UnsafeRawBufferPointer.SubSequence {
        let start = row * storage.pixels.stride
        return UnsafeRawBufferPointer(storage.bytes)[
            start + 3 * columns.lowerBound..<start + 3 * columns.upperBound]
    }

    /// Draws boxes with the class, the score and the predicted IoU of each.
    ///
    /// - Throws: ``IoUError/Code/outOfMemory``.
    public mutating func draw(
        _ detections: some Sequence<Detection>, style: DrawingStyle = DrawingStyle()
    ) throws(IoUError) {
        if !isKnownUniquelyReferenced(&storage) { storage = try storage.copy() }
        try Image.withDrawItems(for: Array(detections)) { items throws(IoUError) in
            var options = style.c
            try IoUError.check {
                iou_draw_detections(&storage.pixels, items, items.count, &options, $0)
            }
        }
    }
}
