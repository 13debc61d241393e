import IoURuntime

extension Image {
    /// The picture with a longer side of at most `longest` pixels: each is the mean of those that it
    /// replaces.
    func reduced(to longest: Int) throws(IoUError) -> Image {
        let factor = (max(width, height) + longest - 1) / longest
        guard factor > 1 else { return self }
        let (columns, rows) = (max(1, width / factor), max(1, height / factor))
        let (across, down) = (min(factor, width), min(factor, height))
        let source = rgb
        var pixels: [UInt8] = []
        pixels.reserveCapacity(columns * rows * 3)
        for row in 0..<rows {
            for column in 0..<columns {
                var sums = (0, 0, 0)
                for y in row * factor..<row * factor + down {
                    for x in column * factor..<column * factor + across {
                        let place = (y * width + x) * 3
                        sums.0 += Int(source[place])
                        sums.1 += Int(source[place + 1])
                        sums.2 += Int(source[place + 2])
                    }
                }
                let count = across * down
                for sum in [sums.0, sums.1, sums.2] {
                    pixels.append(UInt8((sum + count / 2) / count))
                }
            }
        }
        return try Image(width: columns, height: rows, pixels: pixels)
    }
}
