import Glibc

/// The parts of a `multipart/form-data` body (RFC 7578), which stay where they are in it.
struct Multipart {
    struct Part: Hashable {
        let name: String
        /// `nil`: the part is no file.
        let fileName: String?
        let range: Range<Int>
    }

    private(set) var parts: [Part] = []

    private let bytes: [UInt8]
    private let delimiter: [UInt8]

    private static let mostParts = 64
    private static let longestHeaders = 8192

    /// - Parameter type: The value of Content-Type, which names what is between parts.
    init(_ bytes: [UInt8], type: String) throws(ServerError) {
        guard let boundary = HeaderParameters(type)["boundary"], !boundary.isEmpty,
            boundary.utf8.count <= 70
        else {
            throw .badRequest(
                "header Content-Type: expected a boundary of 1 to 70 bytes, found none")
        }
        self.bytes = bytes
        delimiter = Array("--\(boundary)".utf8)
        try read()
    }

    func content(_ part: Part) -> ArraySlice<UInt8> { bytes[part.range] }

    func text(_ part: Part) -> String { String(decoding: content(part), as: UTF8.self) }

    private mutating func read() throws(ServerError) {
        guard var position = delimiterEnd(from: 0) else { throw malformed("a boundary", at: 0) }
        while !has("--", at: position) {
            guard parts.count < Multipart.mostParts else {
                throw malformed("at most \(Multipart.mostParts) parts", at: position)
            }
            position = try skipLineEnd(position)
            let (headers, start) = try headers(at: position)
            guard let next = nextDelimiter(from: start) else {
                throw malformed("a boundary behind the part", at: bytes.count)
            }
            parts.append(try part(headers, start..<next, at: position))
            position = next + 2 + delimiter.count
        }
    }

    /// Behind the first delimiter, which may be the body's beginning or a line's.
    private func delimiterEnd(from start: Int) -> Int? {
        if bytes.starts(with: delimiter) { return delimiter.count }
        return nextDelimiter(from: start).map { $0 + 2 + delimiter.count }
    }

    /// Where the line break before the next delimiter is, which belongs to that.
    private func nextDelimiter(from start: Int) -> Int? {
        find([0x0D, 0x0A] + delimiter, from: start)
    }

    private func headers(at start: Int) throws(ServerError) -> (headers: [String: String], end: Int)
    {
        if has("\r\n", at: start) { return ([:], start + 2) }
        guard let end = find([0x0D, 0x0A, 0x0D, 0x0A], from: start),
            end - start <= Multipart.longestHeaders
        else {
            throw malformed("headers of at most \(Multipart.longestHeaders) bytes", at: start)
        }
        var headers: [String: String] = [:]
        for line in String(decoding: bytes[start..<end], as: UTF8.self).split(separator: "\r\n") {
            let pair = line.split(separator: ":", maxSplits: 1)
            guard pair.count == 2 else { throw malformed("a header with ':'", at: start) }
            headers[pair[0].lowercased()] = String(pair[1].drop { $0 == " " || $0 == "\t" })
        }
        return (headers, end + 4)
    }

    private func part(
        _ headers: [String: String], _ range: Range<Int>, at position: Int
    ) throws(ServerError) -> Part {
        let disposition = HeaderParameters(headers["content-disposition"] ?? "")
        guard disposition.value.lowercased() == "form-data", let name = disposition["name"] else {
            throw malformed("a part with Content-Disposition: form-data and a name", at: position)
        }
        return Part(name: name, fileName: disposition["filename"], range: range)
    }

    private func skipLineEnd(_ position: Int) throws(ServerError) -> Int {
        var position = position
        while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 {
            position += 1
        }
        guard has("\r\n", at: position) else { throw malformed("a line's end", at: position) }
        return position + 2
    }

    private func has(_ text: String, at position: Int) -> Bool {
        bytes[min(position, bytes.count)...].starts(with: text.utf8)
    }

    private func find(_ needle: [UInt8], from start: Int) -> Int? {
        guard start < bytes.count else { return nil }
        return bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return nil }
            var position = start
            while let found = memchr(base + position, Int32(needle[0]), bytes.count - position) {
                position = UnsafeRawPointer(found) - base
                guard position + needle.count <= bytes.count else { return nil }
                if memcmp(found, needle, needle.count) == 0 { return position }
                position += 1
            }
            return nil
        }
    }

    private func malformed(_ expected: String, at position: Int) -> ServerError {
        .badRequest("body, multipart/form-data: expected \(expected) at byte \(position)")
    }
}
