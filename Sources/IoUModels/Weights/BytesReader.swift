import IoUGraph

/// Little-endian numbers and texts of bytes, each checked to lie inside.
struct BytesReader {
    private let blob: Blob

    init(_ blob: Blob) {
        self.blob = blob
    }

    var count: Int { blob.count }

    private func number<T: FixedWidthInteger>(_ type: T.Type, at: Int) throws(GraphError) -> T {
        guard at >= 0, at <= count - MemoryLayout<T>.size else {
            throw GraphError(.malformed, "it ends at byte \(count), where more was expected")
        }
        return blob.withUnsafeBytes {
            T(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: T.self))
        }
    }

    func uint8(at: Int) throws(GraphError) -> UInt8 { try number(UInt8.self, at: at) }
    func uint16(at: Int) throws(GraphError) -> Int { Int(try number(UInt16.self, at: at)) }
    func uint32(at: Int) throws(GraphError) -> Int { Int(try number(UInt32.self, at: at)) }
    func uint64(at: Int) throws(GraphError) -> UInt64 { try number(UInt64.self, at: at) }

    func text(at: Int, count length: Int) throws(GraphError) -> String {
        guard at >= 0, length >= 0, at <= count, length <= count - at else {
            throw GraphError(.malformed, "it ends at byte \(count), where more was expected")
        }
        guard let text = String(validating: blob[at..<at + length].bytes, as: UTF8.self) else {
            throw GraphError(.malformed, "its text at byte \(at) is not UTF-8")
        }
        return text
    }

    /// The place of a byte from `at` on.
    func find(_ byte: UInt8, from at: Int) throws(GraphError) -> Int {
        let place = blob.withUnsafeBytes { bytes in
            at <= bytes.count ? bytes[at...].firstIndex(of: byte) : nil
        }
        guard let place else {
            throw GraphError(.malformed, "it ends at byte \(count), where more was expected")
        }
        return place
    }
}
