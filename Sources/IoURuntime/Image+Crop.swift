extension Image {
    /// The pixels that a box touches, or `nil` where it touches none. Corners are cut to the picture.
    ///
    /// - Throws: ``IoUError/Code/outOfMemory``.
    package func cropped(to box: Detection.Box) throws(IoUError) -> Image? {
        guard [box.x1, box.y1, box.x2, box.y2].allSatisfy(\.isFinite) else { return nil }
        let left = Int(max(0, box.x1.rounded(.down))), top = Int(max(0, box.y1.rounded(.down)))
        let right = Int(min(Float(width), box.x2.rounded(.up)))
        let bottom = Int(min(Float(height), box.y2.rounded(.up)))
        guard left < right, top < bottom else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(3 * (right - left) * (bottom - top))
        for row in top..<bottom { bytes += self.bytes(ofRow: row, left..<right) }
        return try Image(width: right - left, height: bottom - top, pixels: bytes)
    }
}
