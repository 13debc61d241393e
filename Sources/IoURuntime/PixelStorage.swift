internal import CIoU
internal import CIoUImage

/// Owns the pixels of an ``Image``: 8-bit RGB.
final class PixelStorage: @unchecked Sendable {
    var pixels: iou_pixels

    /// Takes over what `call` makes.
    init(
        _ call: (UnsafeMutablePointer<iou_pixels>, UnsafeMutablePointer<iou_error>) -> iou_status
    ) throws(IoUError) {
        var made = iou_pixels()
        try IoUError.check { call(&made, $0) }
        pixels = made
    }

    /// A black picture, of sides that a ``PixelView`` has.
    convenience init(width: Int, height: Int) throws(IoUError) {
        try self.init { iou_image_create($0, Int32(width), Int32(height), $1) }
    }

    deinit {
        iou_image_free(&pixels)
    }

    /// All rows, with what pads them.
    var bytes: UnsafeMutableBufferPointer<UInt8> {
        UnsafeMutableBufferPointer(start: pixels.data, count: Int(pixels.height) * pixels.stride)
    }

    /// Takes the pixels of a view of the same size.
    func fill(from view: borrowing PixelView) {
        let order = view.format.order
        for row in 0..<view.height {
            let target = UnsafeMutableBufferPointer(
                rebasing: bytes[row * pixels.stride..<row * pixels.stride + view.width * 3])
            for column in 0..<view.width {
                let place = row * view.bytesPerRow + column * view.format.size
                target[column * 3] = view.bytes.unsafeLoad(
                    fromByteOffset: place + order.red, as: UInt8.self)
                target[column * 3 + 1] = view.bytes.unsafeLoad(
                    fromByteOffset: place + order.green, as: UInt8.self)
                target[column * 3 + 2] = view.bytes.unsafeLoad(
                    fromByteOffset: place + order.blue, as: UInt8.self)
            }
        }
    }

    func copy() throws(IoUError) -> PixelStorage {
        let copy = try PixelStorage(width: Int(pixels.width), height: Int(pixels.height))
        _ = copy.bytes.update(fromContentsOf: bytes)
        return copy
    }
}
