internal import CIoU

/// A picture that is in somebody else's memory, such as the frame of a camera.
///
/// ``Detector/detect(in:options:)-(PixelView,_)`` reads it where it is; ``Image/init(copying:)``
/// makes a picture of its own.
public struct PixelView: ~Escapable {
    /// Pixels in a row.
    public let width: Int

    /// Rows.
    public let height: Int

    /// Bytes from one row to the next.
    public let bytesPerRow: Int

    public let format: PixelFormat

    /// The first row first.
    public let bytes: RawSpan

    /// - Parameters:
    ///   - bytes: At least `height` rows, of which the last need not be padded.
    ///   - width: Pixels in a row.
    ///   - height: Rows.
    ///   - format: The order of a pixel's bytes.
    ///   - bytesPerRow: Bytes from one row to the next; `nil`: those of `width` pixels.
    /// - Throws: ``IoUError/Code/invalidArgument`` where the sizes do not fit.
    @_lifetime(copy bytes)
    public init(
        _ bytes: RawSpan, width: Int, height: Int, format: PixelFormat = .rgb,
        bytesPerRow: Int? = nil
    ) throws(IoUError) {
        guard width <= Int32.max, height <= Int32.max else {
            throw IoUError(
                .invalidArgument,
                "picture: expected sides of at most \(Int32.max), found \(width) x \(height)")
        }
        let row = try Tensor.byteCount(type: .uint8, shape: [width, format.size])
        let stride = bytesPerRow ?? row
        guard stride >= row else {
            throw IoUError(
                .invalidArgument,
                "picture: expected at least \(row) bytes from row to row, found \(stride)")
        }
        let size = try Tensor.byteCount(type: .uint8, shape: [max(height - 1, 0), stride])
        let (expected, overflow) = size.addingReportingOverflow(row)
        guard width > 0, height > 0, !overflow, bytes.byteCount >= expected else {
            throw IoUError(
                .invalidArgument,
                "picture of \(width) x \(height) pixels: expected \(expected) bytes, found "
                    + "\(bytes.byteCount)")
        }
        self.bytes = bytes
        self.width = width
        self.height = height
        self.bytesPerRow = stride
        self.format = format
    }

    /// Valid as long as `bytes`.
    func picture(at bytes: UnsafeRawBufferPointer) -> iou_picture {
        iou_picture(
            data: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
            width: Int32(width), height: Int32(height), stride: bytesPerRow, format: format.c)
    }

    /// For pixels that are known to fit.
    @_lifetime(copy rgb)
    init(rgb: RawSpan, width: Int, height: Int, bytesPerRow: Int) {
        bytes = rgb
        self.width = width
        self.height = height
        self.bytesPerRow = bytesPerRow
        format = .rgb
    }
}
