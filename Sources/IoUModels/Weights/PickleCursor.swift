import IoUGraph

/// A place in a pickle's bytes: what is read is behind it then.
struct PickleCursor {
    private let blob: Blob
    private let reader: BytesReader
    private(set) var place: Int

    init(_ bytes: Blob, at place: Int) {
        blob = bytes
        reader = BytesReader(bytes)
        self.place = place
    }

    mutating func byte() throws(GraphError) -> UInt8 {
        defer { place += 1 }
        return try reader.uint8(at: place)
    }

    /// A number of 1, 2, 4 or 8 bytes without a sign.
    mutating func unsigned(_ size: Int) throws(GraphError) -> Int {
        defer { place += size }
        switch size {
        case 1: return Int(try reader.uint8(at: place))
        case 2: return try reader.uint16(at: place)
        case 4: return try reader.uint32(at: place)
        default: return Int(clamping: try reader.uint64(at: place))
        }
    }

    /// A number of up to 8 bytes in two's complement.
    mutating func signed(_ size: Int) throws(GraphError) -> Int {
        var bits: UInt64 = 0
        for index in 0..<size { bits |= UInt64(try byte()) << UInt64(8 * index) }
        let shift = UInt64(64 - 8 * size)
        return size == 0 ? 0 : Int(Int64(bitPattern: bits << shift) >> Int64(shift))
    }

    mutating func text(_ length: Int) throws(GraphError) -> String {
        defer { place += length }
        return try reader.text(at: place, count: length)
    }

    /// The text up to the next line feed.
    mutating func line() throws(GraphError) -> String {
        let end = try reader.find(UInt8(ascii: "\n"), from: place)
        let line = try text(end - place)
        place += 1
        return line
    }

    mutating func bytes(_ count: Int) throws(GraphError) -> Blob {
        let begin = place
        try skip(count)
        return blob[begin..<place]
    }

    mutating func skip(_ count: Int) throws(GraphError) {
        guard count >= 0, count <= reader.count - place else {
            throw GraphError(.malformed, "its pickle ends too early")
        }
        place += count
    }
}
