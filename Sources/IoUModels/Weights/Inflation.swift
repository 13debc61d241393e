import CZlib
import IoUGraph

/// The contents of deflated bytes (RFC 1951), of a size that is known before.
enum Inflation {
    /// Deflate makes at most so many bytes of one.
    private static let largestRatio = 1032

    /// Whether so many bytes can come from the deflated ones at all.
    static func isPossible(size: Int, from deflated: Int) -> Bool {
        size <= (deflated + 1) * largestRatio
    }

    /// Nil unless the bytes give exactly `size` of that checksum, and nothing is left of them.
    static func bytes(of deflated: Blob, size: Int, checksum: UInt32) -> [UInt8]? {
        guard isPossible(size: size, from: deflated.count),
            let limit = UInt32(exactly: size), let given = UInt32(exactly: deflated.count)
        else { return nil }
        // Without room for a byte there is no place to write to.
        let result = [UInt8](unsafeUninitializedCapacity: max(size, 1)) { buffer, count in
            count = inflate(deflated, given, into: buffer, limit) ? size : 0
        }
        let isWhole =
            result.count == size
            && result.withUnsafeBufferPointer { bytes in
                crc32_z(0, bytes.baseAddress, bytes.count) == UInt(checksum)
            }
        return isWhole ? result : nil
    }

    private static func inflate(
        _ deflated: Blob, _ given: UInt32, into buffer: UnsafeMutableBufferPointer<UInt8>,
        _ limit: UInt32
    ) -> Bool {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        // A negative window: without the header and checksum of zlib's own format.
        guard inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, size) == Z_OK else { return false }
        defer { inflateEnd(&stream) }
        return deflated.withUnsafeBytes { source in
            stream.next_in = UnsafeMutablePointer(
                mutating: source.assumingMemoryBound(to: UInt8.self).baseAddress)
            stream.avail_in = given
            stream.next_out = buffer.baseAddress
            stream.avail_out = limit
            let end = CZlib.inflate(&stream, Z_FINISH)
            return end == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0
        }
    }
}
