import IoUGraph

/// The stored entries of a zip file, as PyTorch writes it: no compression, no encryption.
///
/// Source: PKWARE's APPNOTE. Nothing of the file is believed before it is checked.
struct ZipArchive {
    /// Contents by name.
    let entries: [String: Blob]

    private static let endSize = 22
    private static let longestComment = 65_535

    /// Throws `.malformed` or `.unsupported` with what is wrong.
    init(_ file: Blob) throws(GraphError) {
        let reader = BytesReader(file)
        let end = try Self.findEnd(reader)
        let count = try reader.uint16(at: end + 10)
        let size = try reader.uint32(at: end + 12)
        let start = try reader.uint32(at: end + 16)
        guard count != 0xffff, size != 0xffff_ffff, start != 0xffff_ffff else {
            throw GraphError(.unsupported, "it is a zip file of 4 GiB or more")
        }
        guard start + size <= end else {
            throw GraphError(.malformed, "its directory lies outside of the file")
        }
        var entries: [String: Blob] = [:]
        var at = start
        for _ in 0..<count {
            let (name, blob, next) = try Self.entry(reader, file, at)
            guard entries.updateValue(blob, forKey: name) == nil else {
                throw GraphError(.malformed, "it has the entry '\(name)' twice")
            }
            at = next
        }
        self.entries = entries
    }

    private static func findEnd(_ reader: BytesReader) throws(GraphError) -> Int {
        let lowest = max(0, reader.count - endSize - longestComment)
        var at = reader.count - endSize
        while at >= lowest {
            if try reader.uint32(at: at) == 0x0605_4b50 { return at }
            at -= 1
        }
        throw GraphError(.malformed, "it has no zip directory")
    }

    private static func entry(
        _ reader: BytesReader, _ file: Blob, _ at: Int
    ) throws(GraphError) -> (name: String, content: Blob, next: Int) {
        guard try reader.uint32(at: at) == 0x0201_4b50 else {
            throw GraphError(.malformed, "its zip directory is broken at byte \(at)")
        }
        let nameLength = try reader.uint16(at: at + 28)
        let name = try reader.text(at: at + 46, count: nameLength)
        let flags = try reader.uint16(at: at + 8)
        let method = try reader.uint16(at: at + 10)
        guard flags & 1 == 0, method == 0 else {
            throw GraphError(.unsupported, "its entry '\(name)' is compressed or encrypted")
        }
        let size = try reader.uint32(at: at + 20)
        let local = try reader.uint32(at: at + 42)
        guard size != 0xffff_ffff, local != 0xffff_ffff else {
            throw GraphError(.unsupported, "its entry '\(name)' has 4 GiB or more")
        }
        guard try reader.uint32(at: local) == 0x0403_4b50 else {
            throw GraphError(.malformed, "its entry '\(name)' is not where the directory says")
        }
        let begin = try local + 30 + reader.uint16(at: local + 26) + reader.uint16(at: local + 28)
        guard begin + size <= reader.count else {
            throw GraphError(.malformed, "its entry '\(name)' lies outside of the file")
        }
        let next =
            try at + 46 + nameLength + reader.uint16(at: at + 30) + reader.uint16(at: at + 32)
        return (name, file[begin..<begin + size], next)
    }
}
