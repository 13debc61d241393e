extension Image {
    /// The pixels that a box touches, or `nil` where it touches none. Corners are cut to the picture.
    ///
    /// - Parameter convention: Whether x2 and y2 are the last pixels, or the edges behind these.
    /// - Throws: ``IoUError/Code/outOfMemory``.
    package func cropped(
        to box: Detection.Box, _ convention: DetectorInfo.BoxConvention
    ) throws(IoUError) -> Image? {
        let last: Float = convention == .inclusive ? 1 : 0
        guard let columns = Image.pixels(box.x1, box.x2 + last, of: width),
            let rows = Image.pixels(box.y1, box.y2 + last, of: height)
        else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(3 * columns.count * rows.count)
        for row in rows { bytes += self.bytes(ofRow: row, columns) }
        return try Image(width: columns.count, height: rows.count, pixels: bytes)
    }

    /// Those of a side that lie between two edges.
    private static func pixels(_ first: Float, _ end: Float, of side: Int) -> Range<Int>? {
        guard first.isFinite, end.isFinite else { return nil }
        let limit = Float(side)
        let start = Int(min(max(first.rounded(.down), 0), limit))
        let stop = min(Int(min(max(end.rounded(.up), 0), limit)), side)
        return start < stop ? start..<stop : nil
    }
}
