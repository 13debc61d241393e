/// The text of a JSON string that has escapes.
struct JSONString {
    private var units: [UInt8] = []

    /// Bytes that are not UTF-8 become U+FFFD.
    var text: String { String(decoding: units, as: UTF8.self) }

    /// - Parameters:
    ///   - bytes: Text that ends with a NUL.
    ///   - position: Behind the first quote; then, behind the last.
    /// - Returns: Whether a valid string was there; else, `position` is where it is not.
    mutating func read(_ bytes: [UInt8], _ position: inout Int) -> Bool {
        while bytes[position] >= 0x20 {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                return true
            }
            guard byte == UInt8(ascii: "\\") else {
                units.append(byte)
                position += 1
                continue
            }
            guard escape(bytes, &position) else { return false }
        }
        return false
    }

    private mutating func escape(_ bytes: [UInt8], _ position: inout Int) -> Bool {
        let letter = bytes[position + 1]
        if letter == UInt8(ascii: "u") { return unicode(bytes, &position) }
        let plain: [UInt8: UInt8] = [
            UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F,
            UInt8(ascii: "b"): 0x08, UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A,
            UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
        ]
        guard let unit = plain[letter] else { return false }
        units.append(unit)
        position += 2
        return true
    }

    /// One escape, or the two of a pair of surrogates; a lone surrogate becomes U+FFFD.
    private mutating func unicode(_ bytes: [UInt8], _ position: inout Int) -> Bool {
        guard let high = hexadecimal(bytes, at: position) else { return false }
        position += 6
        var codes = [high]
        if UTF16.isLeadSurrogate(high), let low = hexadecimal(bytes, at: position),
            UTF16.isTrailSurrogate(low)
        {
            position += 6
            codes.append(low)
        }
        units += Array(String(decoding: codes, as: UTF16.self).utf8)
        return true
    }

    /// The code of "\u" and four digits at `position`, where that is there.
    private func hexadecimal(_ bytes: [UInt8], at position: Int) -> UInt16? {
        guard position + 6 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        else { return nil }
        var code: UInt16 = 0
        for byte in bytes[(position + 2)..<(position + 6)] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
                return nil
            }
            code = code << 4 | UInt16(digit)
        }
        return code
    }
}
