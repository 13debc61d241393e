extension JSONParser {
    mutating func text() throws(ServerError) -> String {
        position += 1
        let start = position
        while current >= 0x20, current != UInt8(ascii: "\""), current != UInt8(ascii: "\\") {
            position += 1
        }
        var units = Array(bytes[start..<position])
        while current != UInt8(ascii: "\"") {
            guard current >= 0x20 else { throw malformed("the end of a text") }
            if current == UInt8(ascii: "\\") {
                try escape(into: &units)
            } else {
                units.append(current)
                position += 1
            }
        }
        position += 1
        return String(decoding: units, as: UTF8.self)
    }

    private mutating func escape(into units: inout [UInt8]) throws(ServerError) {
        let letter = bytes[position + 1]
        if letter == UInt8(ascii: "u") {
            var codes = [try hexadecimal()]
            if UTF16.isLeadSurrogate(codes[0]), bytes[position...].starts(with: "\\u".utf8) {
                codes.append(try hexadecimal())
            }
            units += Array(String(decoding: codes, as: UTF16.self).utf8)
            return
        }
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(letter)
        case UInt8(ascii: "b"): units.append(8)
        case UInt8(ascii: "f"): units.append(12)
        case UInt8(ascii: "n"): units.append(10)
        case UInt8(ascii: "r"): units.append(13)
        case UInt8(ascii: "t"): units.append(9)
        default: throw malformed("an escape of JSON")
        }
        position += 2
    }

    /// The code of "\u" and four digits; a surrogate alone becomes U+FFFD later.
    private mutating func hexadecimal() throws(ServerError) -> UInt16 {
        let digits = bytes[(position + 2)...].prefix(4).compactMap(\.hexadecimalDigit)
        guard digits.count == 4 else { throw malformed("four hexadecimal digits") }
        position += 6
        return digits.reduce(0) { $0 << 4 | UInt16($1) }
    }
}
