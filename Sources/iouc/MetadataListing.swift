import IoUGraph

/// Detector metadata as a text for people to write, which `docs/metadata.md` defines: a line
/// `key = value` for each key, or `key =` and the lines of the value below it, indented.
struct MetadataListing {
    private(set) var properties: [Property]

    private static let indentation = "    "

    /// The `iou.*` keys of a model, in the file's order.
    ///
    /// Throws `.unsupported` where a text cannot hold a key or value: with carriage returns, or
    /// spaces at the beginning.
    init(of model: Model) throws(GraphError) {
        var model = model
        model.removeRepeated()
        properties = model.metadata.filter { $0.key.hasPrefix("iou.") }
        for property in properties {
            let value = property.value.utf8
            if value.contains(UInt8(ascii: "\r")) || value.first.map(Self.isSpace) == true
                || !Self.isKey(property.key)
            {
                throw GraphError(
                    .unsupported,
                    "metadata key '\(property.key)': its key or value cannot be written as text")
            }
        }
    }

    /// The listing, which reads back as it is.
    var text: String {
        properties.map { property in
            let value = property.value.utf8
            let isPlain =
                !value.contains(UInt8(ascii: "\n")) && value.last.map(Self.isSpace) == false
            if isPlain { return "\(property.key) = \(property.value)\n" }
            let lines = value.isEmpty ? [] : Self.lines(property.value)
            return "\(property.key) =\n"
                + lines.map { "\(Self.indentation)\(String(decoding: $0, as: UTF8.self))\n" }
                .joined()
        }.joined()
    }

    /// Reads a listing; `place` is what errors call it.
    ///
    /// Throws `.malformed` with the number of the line.
    init(parsing text: String, from place: String) throws(GraphError) {
        properties = []
        var keys: Set<String> = []
        var reader = ListingReader(lines: Self.lines(text), place: place)
        while let property = try reader.next() {
            guard keys.insert(property.key).inserted else {
                throw GraphError(.malformed, "\(place): key '\(property.key)' appears twice")
            }
            properties.append(property)
        }
    }

    /// Begins with "iou.", and has nothing in it that would end a key.
    fileprivate static func isKey(_ text: String) -> Bool {
        text.hasPrefix("iou.") && !text.contains { $0.isWhitespace || $0 == "=" }
    }

    fileprivate static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    /// By bytes: a space and an accent behind it are one character, but two things here.
    private static func lines(_ text: String) -> [ArraySlice<UInt8>] {
        Array(text.utf8).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    }
}

/// Goes through the lines of a listing.
private struct ListingReader {
    typealias Line = ArraySlice<UInt8>

    private let lines: [Line]
    private let place: String
    private var index = 0

    /// Lines from elsewhere may end with a carriage return.
    init(lines: [Line], place: String) {
        self.lines = lines.map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
        self.place = place
    }

    /// The next key with its value; nil at the end.
    mutating func next() throws(GraphError) -> Property? {
        while index < lines.count {
            let line = lines[index]
            index += 1
            let isComment = line.first == UInt8(ascii: "#")
            if !isComment && !line.allSatisfy(MetadataListing.isSpace) {
                return try property(line)
            }
        }
        return nil
    }

    private mutating func property(_ line: Line) throws(GraphError) -> Property {
        guard let first = line.first, !MetadataListing.isSpace(first),
            let equals = line.firstIndex(of: UInt8(ascii: "="))
        else { throw error("expected 'key = value' from the line's beginning", line) }
        let key = Self.trimmed(line[..<equals])
        guard MetadataListing.isKey(key) else {
            throw error("expected a key that begins with 'iou.' and has no spaces", line)
        }
        let value = Self.trimmed(line[line.index(after: equals)...])
        return Property(key, value.isEmpty ? block() : value)
    }

    private func error(_ expected: String, _ line: Line) -> GraphError {
        let found = String(decoding: line.prefix(80), as: UTF8.self)
        return GraphError(.malformed, "\(place): line \(index): \(expected), found '\(found)'")
    }

    /// The lines that follow and are indented like the first of them; empty ones do not count.
    private mutating func block() -> String {
        guard index < lines.count else { return "" }
        let indentation = lines[index].prefix(while: MetadataListing.isSpace)
        guard !indentation.isEmpty else { return "" }
        var items: [Line] = []
        while index < lines.count, lines[index].isEmpty || lines[index].starts(with: indentation) {
            if !lines[index].isEmpty { items.append(lines[index].dropFirst(indentation.count)) }
            index += 1
        }
        let value = Array(items.joined(separator: [UInt8(ascii: "\n")]))
        return String(decoding: value, as: UTF8.self)
    }

    private static func trimmed(_ text: Line) -> String {
        let head = text.drop(while: MetadataListing.isSpace)
        let end = head.lastIndex { !MetadataListing.isSpace($0) }
        return String(decoding: end.map { head[...$0] } ?? [], as: UTF8.self)
    }
}
