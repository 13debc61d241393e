internal import CIoU
internal import CIoUImage

/// Limits for pictures that are not trusted, checked before there is memory for pixels.
public struct ImageLimits: Hashable, Sendable {
    /// The most pixels; `nil`: 2²⁸.
    public var maximumPixels: Int?

    /// The longest side; `nil`: 65,535.
    public var maximumSide: Int?

    /// The largest file in bytes; `nil`: 1 GiB.
    public var maximumFileBytes: Int?

    public init(
        maximumPixels: Int? = nil, maximumSide: Int? = nil, maximumFileBytes: Int? = nil
    ) {
        self.maximumPixels = maximumPixels
        self.maximumSide = maximumSide
        self.maximumFileBytes = maximumFileBytes
    }

    func withC<Result>(_ body: (UnsafePointer<iou_image_limits>) -> Result) -> Result {
        var limits = iou_image_limits()
        limits.struct_size = MemoryLayout<iou_image_limits>.stride
        limits.max_pixels = UInt64(clamping: maximumPixels ?? 0)
        limits.max_side = UInt32(clamping: maximumSide ?? 0)
        limits.max_file_bytes = UInt64(clamping: maximumFileBytes ?? 0)
        return body(&limits)
    }
}
