/// Protocol buffers' wire format, written; large contents are referred to and not copied.
///
/// Source: the encoding guide of Protocol Buffers. Fields are written by rising number, as the
/// reference implementation does, so equal models give equal bytes.
struct WireWriter {
    private enum Segment {
        case bytes([UInt8])
        case blob(Blob)
    }

    /// From this size on, contents are referred to.
    private static let large = 4096

    private var segments: [Segment] = []
    private var tail: [UInt8] = []
    private var closedCount = 0

    /// Bytes written so far.
    var count: Int { closedCount + tail.count }

    /// A copy of all bytes.
    var bytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(count)
        forEachChunk { result.append(contentsOf: $0) }
        return result
    }

    /// Hands over all bytes in order.
    func forEachChunk<Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        for segment in segments {
            switch segment {
            case .bytes(let bytes): try bytes.span.withUnsafeBytes(body)
            case .blob(let blob): try blob.withUnsafeBytes(body)
            }
        }
        try tail.span.withUnsafeBytes(body)
    }
}

extension WireWriter {
    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            tail.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        tail.append(UInt8(rest))
    }

    /// Bytes as they are: unknown fields, or fields that another encoder wrote.
    mutating func raw(_ bytes: [UInt8]) {
        tail.append(contentsOf: bytes)
    }

    mutating func raw(_ blob: Blob) {
        if blob.count < Self.large {
            blob.withUnsafeBytes { tail.append(contentsOf: $0) }
        } else {
            close()
            segments.append(.blob(blob))
            closedCount += blob.count
        }
    }

    private mutating func raw(_ other: WireWriter) {
        if other.segments.isEmpty {
            tail.append(contentsOf: other.tail)
        } else {
            close()
            segments.append(contentsOf: other.segments)
            closedCount += other.closedCount
            tail = other.tail
        }
    }

    private mutating func close() {
        if tail.isEmpty { return }
        closedCount += tail.count
        segments.append(.bytes(tail))
        tail = []
    }

    private mutating func tag(_ field: Int, wireType: UInt64) {
        varint(UInt64(field) << 3 | wireType)
    }
}

extension WireWriter {
    mutating func int(_ field: Int, _ value: Int64) {
        tag(field, wireType: 0)
        varint(UInt64(bitPattern: value))
    }

    mutating func float(_ field: Int, _ value: Float) {
        tag(field, wireType: 5)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { tail.append(contentsOf: $0) }
    }

    mutating func bytes(_ field: Int, _ value: [UInt8]) {
        tag(field, wireType: 2)
        varint(UInt64(value.count))
        raw(value)
    }

    mutating func blob(_ field: Int, _ value: Blob) {
        tag(field, wireType: 2)
        varint(UInt64(value.count))
        raw(value)
    }

    mutating func string(_ field: Int, _ value: String) {
        bytes(field, Array(value.utf8))
    }

    /// The same unless empty, where empty and absent mean the same.
    mutating func text(_ field: Int, _ value: String) {
        if !value.isEmpty { string(field, value) }
    }

    mutating func message(_ field: Int, _ write: (inout WireWriter) -> Void) {
        var inner = WireWriter()
        write(&inner)
        tag(field, wireType: 2)
        varint(UInt64(inner.count))
        raw(inner)
    }

    mutating func messages<T>(
        _ field: Int, _ values: [T], _ write: (T) -> (inout WireWriter) -> Void
    ) {
        for value in values { message(field, write(value)) }
    }

    mutating func strings(_ field: Int, _ values: [String]) {
        for value in values { string(field, value) }
    }

    mutating func ints(_ field: Int, _ values: [Int64]) {
        for value in values { int(field, value) }
    }
}
