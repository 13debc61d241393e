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
        let plain: [Character: UInt8] = [
            "\"": 0x22, "\\": 0x5C, "/": 0x2F, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9,
        ]
        guard let unit = plain[Character(UnicodeScalar(letter))] else {
            throw malformed("an escape of JSON")
        }
        units.append(unit)
        position += 2
    }

    /// The code of "\u" and four digits; a surrogate alone becomes U+FFFD later.
    private mutating func hexadecimal() throws(ServerError) -> UInt16 {
        let digits = bytes[(position + 2)...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
            let code = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw malformed("four hexadecimal digits") }
        position += 6
        return code
    }
}
