import IoUGraph

/// The entries of a zip file, stored as PyTorch writes them, or deflated as other programs pack them
/// again.
///
/// Source: PKWARE's APPNOTE. Nothing of the file is believed before it is checked.
struct ZipArchive {
    private let entries: [String: Entry]
    /// What may still be inflated. Weights shrink by little; a file that promises more is made to
    /// fill the memory.
    private var inflatable: Int

    private struct Entry {
        let content: Blob
        let isDeflated: Bool
        /// Bytes when inflated.
        let size: Int
        let checksum: UInt32
    }

    private static let endSize = 22
    private static let longestComment = 65_535
    private static let alwaysInflatable = 1 << 30

    var names: some Collection<String> { entries.keys }

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
        var entries: [String: Entry] = [:]
        var at = start
        for _ in 0..<count {
            let (name, entry, next) = try Self.entry(reader, file, at)
            guard entries.updateValue(entry, forKey: name) == nil else {
                throw GraphError(.malformed, "it has the entry '\(name)' twice")
            }
            at = next
        }
        self.entries = entries
        inflatable = Self.alwaysInflatable + 8 * file.count
    }

    /// What an entry holds; nil where there is none of that name. Throws `.malformed` for one that
    /// is not what the directory says, `.limit` beyond what a file may inflate to.
    mutating func content(_ name: String) throws(GraphError) -> Blob? {
        guard let entry = entries[name] else { return nil }
        guard entry.isDeflated else { return entry.content }
        let broken = GraphError(
            .malformed, "its entry '\(name)' does not inflate to its \(entry.size) bytes")
        guard Inflation.isPossible(size: entry.size, from: entry.content.count) else {
            throw broken
        }
        guard entry.size <= inflatable else {
            throw GraphError(
                .limit,
                "its entry '\(name)' inflates to \(entry.size) bytes, \(inflatable) more "
                    + "are allowed")
        }
        inflatable -= entry.size
        guard
            let bytes = Inflation.bytes(
                of: entry.content, size: entry.size, checksum: entry.checksum)
        else { throw broken }
        return Blob(bytes)
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
    ) throws(GraphError) -> (name: String, entry: Entry, next: Int) {
        guard try reader.uint32(at: at) == 0x0201_4b50 else {
            throw GraphError(.malformed, "its zip directory is broken at byte \(at)")
        }
        let nameLength = try reader.uint16(at: at + 28)
        let name = try reader.text(at: at + 46, count: nameLength)
        let method = try reader.uint16(at: at + 10)
        guard try reader.uint16(at: at + 8) & 1 == 0 else {
            throw GraphError(.unsupported, "its entry '\(name)' is encrypted")
        }
        guard method == 0 || method == 8 else {
            throw GraphError(
                .unsupported, "its entry '\(name)' is compressed by method \(method), expected 8")
        }
        let size = try reader.uint32(at: at + 20)
        let inflated = try reader.uint32(at: at + 24)
        let local = try reader.uint32(at: at + 42)
        guard size != 0xffff_ffff, inflated != 0xffff_ffff, local != 0xffff_ffff else {
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
        let entry = Entry(
            content: file[begin..<begin + size], isDeflated: method == 8, size: inflated,
            checksum: UInt32(truncatingIfNeeded: try reader.uint32(at: at + 16)))
        return (name, entry, next)
    }
}
