package import CIoU
package import CIoUImage

extension Image {
    /// Takes over pixels that C has made.
    package init(owning pixels: iou_pixels) throws(IoUError) {
        storage = try PixelStorage { made, _ in
            made.pointee = pixels
            return IOU_OK
        }
    }

    /// Lends the pixels to a call of C, which reads them.
    package func withPixels(
        _ call: (UnsafePointer<iou_pixels>, UnsafeMutablePointer<iou_error>) -> iou_status
    ) throws(IoUError) {
        try IoUError.check { call(&storage.pixels, $0) }
    }
}
