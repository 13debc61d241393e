internal import IoURuntime

/// Reads JSON (RFC 8259) from front to back and keeps nothing of it but the file's bytes.
///
/// FoundationEssentials has a decoder, which loses on results of COCO (50 MB, 508 000 records): it
/// takes 2.6 s of processor time instead of 0.45 s, and 376 MB of memory instead of 121 MB, for it
/// keeps a map of the whole file beside the values. Of NaN, of 1e400 and of a file that is cut off
/// it says "not valid JSON" without a place, and it accepts "[1,]".
///
/// Errors name the file and the ``record``.
struct JSONReader {
    /// The list and the element of it that is being read, for errors; a `nil` list is the whole file.
    var record: (list: String?, index: Int) = (nil, 0)

    let file: FilePath

    /// Ends with a NUL, which no JSON has outside of strings.
    private let bytes: [UInt8]
    private var position = 0

    /// Whether an object or array has begun and nothing of it was read.
    private var isAtStart = false

    /// Of objects and arrays within each other that nobody asked for.
    private static let deepest = 256

    init(_ file: FilePath) throws(IoUError) {
        try self.init(file.read(limit: 1 << 32), from: file)
    }

    /// - Throws: `badData` where the text begins as UTF-16 and goes on as something else.
    init(_ text: [UInt8], from file: FilePath) throws(IoUError) {
        self.file = file
        switch ByteOrderMark(text) {
        case nil:
            bytes = text + [0]
        case .utf8:
            bytes = Array(text.dropFirst(3)) + [0]
        case .utf16:
            guard let text = try? TextConverter(from: "UTF-16")?.utf8(text) else {
                throw IoUError(
                    .badData,
                    "'\(file)': expected text in UTF-16, as its byte order mark says, found others")
            }
            bytes = text + [0]
        }
    }

    // MARK: Objects and arrays

    mutating func beginObject(_ what: @autoclosure () -> String) throws(IoUError) {
        try begin(UInt8(ascii: "{"), "an object", what)
    }

    mutating func beginArray(_ what: @autoclosure () -> String) throws(IoUError) {
        try begin(UInt8(ascii: "["), "a list", what)
    }

    /// The key of the object's next member, whose value is to be read then; `nil` at its end.
    mutating func nextKey() throws(IoUError) -> String? {
        guard try hasNext(before: UInt8(ascii: "}")) else { return nil }
        guard current == UInt8(ascii: "\"") else { throw malformed("a key") }
        let key = try text()
        skipSpace()
        guard current == UInt8(ascii: ":") else { throw malformed("':'") }
        position += 1
        return key
    }

    /// Whether the array has another value, which is to be read then.
    mutating func nextElement() throws(IoUError) -> Bool {
        try hasNext(before: UInt8(ascii: "]"))
    }

    /// To be called behind the last value.
    mutating func finish() throws(IoUError) {
        skipSpace()
        guard position == bytes.count - 1 else { throw malformed("its end") }
    }

    private mutating func begin(
        _ bracket: UInt8, _ kind: String, _ what: () -> String
    ) throws(IoUError) {
        skipSpace()
        guard current == bracket else { throw unexpected(kind, what()) }
        position += 1
        isAtStart = true
    }

    private mutating func hasNext(before bracket: UInt8) throws(IoUError) -> Bool {
        skipSpace()
        defer { isAtStart = false }
        if current == bracket {
            position += 1
            return false
        }
        guard !isAtStart else { return true }
        guard current == UInt8(ascii: ",") else {
            throw malformed("',' or '\(Character(UnicodeScalar(bracket)))'")
        }
        position += 1
        skipSpace()
        return true
    }

    // MARK: Values

    /// A finite number.
    mutating func number(_ what: @autoclosure () -> String) throws(IoUError) -> Double {
        skipSpace()
        let start = position
        guard let number = JSONNumber(bytes, &position), number.value.isFinite else {
            position = start
            throw unexpected("a finite number", what())
        }
        return number.value
    }

    /// A whole number that Int holds.
    mutating func integer(_ what: @autoclosure () -> String) throws(IoUError) -> Int {
        skipSpace()
        guard let whole = whole() else { throw unexpected("a whole number", what()) }
        return whole
    }

    /// A whole number that Int holds, or text.
    mutating func id(_ what: @autoclosure () -> String) throws(IoUError) -> RecordID {
        skipSpace()
        if current == UInt8(ascii: "\"") { return .text(try text()) }
        guard let whole = whole() else { throw unexpected("a whole number or text", what()) }
        return .number(whole)
    }

    /// Leaves the position where no whole number is.
    private mutating func whole() -> Int? {
        let start = position
        if let number = JSONNumber(bytes, &position),
            let whole = JSONReader.whole(number.value, bytes[start..<position])
        {
            return whole
        }
        position = start
        return nil
    }

    /// From 2⁵³ on a Double stands for several integers, so that the digits themselves count.
    private static func whole(_ value: Double, _ digits: ArraySlice<UInt8>) -> Int? {
        value.magnitude < 0x1p53
            ? Int(exactly: value) : Int(String(decoding: digits, as: UTF8.self))
    }

    /// true or false, or 1 or 0 in their place.
    mutating func flag(_ what: @autoclosure () -> String) throws(IoUError) -> Bool {
        skipSpace()
        for (word, value) in [("true", true), ("false", false)] where skip(word: word) {
            return value
        }
        let start = position
        guard let number = JSONNumber(bytes, &position), [0, 1].contains(number.value) else {
            position = start
            throw unexpected("0 or 1", what())
        }
        return number.value == 1
    }

    /// Whether null was there, which is the same as no member.
    mutating func skipNull() -> Bool {
        skipSpace()
        return skip(word: "null")
    }

    mutating func string(_ what: @autoclosure () -> String) throws(IoUError) -> String {
        skipSpace()
        guard current == UInt8(ascii: "\"") else { throw unexpected("text", what()) }
        return try text()
    }

    /// Passes over any value, which must be valid all the same.
    mutating func skipValue(depth: Int = 0) throws(IoUError) {
        guard depth < JSONReader.deepest else {
            throw malformed("at most \(JSONReader.deepest) lists in each other")
        }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"):
            try beginObject("")
            while try nextKey() != nil { try skipValue(depth: depth + 1) }
        case UInt8(ascii: "["):
            try beginArray("")
            while try nextElement() { try skipValue(depth: depth + 1) }
        case UInt8(ascii: "\""):
            _ = try text()
        default:
            if ["true", "false", "null"].contains(where: { skip(word: $0) }) { return }
            guard JSONNumber(bytes, &position) != nil else { throw malformed("a value") }
        }
    }

    // MARK: Characters

    private var current: UInt8 { bytes[position] }

    private mutating func skipSpace() {
        while current == 0x20 || current == 0x0A || current == 0x0D || current == 0x09 {
            position += 1
        }
    }

    private mutating func skip(word: String) -> Bool {
        guard bytes[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    private mutating func text() throws(IoUError) -> String {
        let start = position + 1
        var end = start
        while bytes[end] >= 0x20, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\")
        {
            end += 1
        }
        if bytes[end] == UInt8(ascii: "\"") {
            position = end + 1
            return String(decoding: bytes[start..<end], as: UTF8.self)
        }
        var string = JSONString()
        position = start
        guard string.read(bytes, &position) else { throw malformed("the end of a text") }
        return string.text
    }

    // MARK: Errors

    /// An error about a value of the record: what was expected, and what the file has instead.
    func fault(_ text: String) -> IoUError {
        let place = record.list.map { "\($0)[\(record.index)]: " } ?? ""
        return IoUError(.badData, "'\(file)': \(place)\(text)")
    }

    private func unexpected(_ kind: String, _ what: String) -> IoUError {
        fault("expected \(kind)\(what.isEmpty ? "" : " for \(what)"), found \(found)")
    }

    private func malformed(_ expected: String) -> IoUError {
        let line = bytes[..<position].count { $0 == 0x0A } + 1
        return IoUError(
            .badData,
            "'\(file)': expected valid JSON, found \(found) for \(expected) in line \(line), byte "
                + "\(position)")
    }

    private var found: String {
        guard position < bytes.count - 1 else { return "its end" }
        let start = bytes[position...].prefix(24).prefix { $0 >= 0x20 && $0 != UInt8(ascii: ",") }
        return "'\(String(decoding: start, as: UTF8.self))'"
    }
}
