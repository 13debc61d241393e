extension JSONParser {
    func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private mutating func skipDigits() -> Int {
        let start = position
        while isDigit(current) { position += 1 }
        return position - start
    }

    mutating func number() throws(ServerError) -> JSONNumber {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        let whole = position
        guard skipDigits() > 0, position == whole + 1 || bytes[whole] != UInt8(ascii: "0") else {
            throw malformed("a number")
        }
        var isWhole = true
        if current == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            guard skipDigits() > 0 else { throw malformed("a digit") }
        }
        if current | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            position += 1
            if current == UInt8(ascii: "-") || current == UInt8(ascii: "+") { position += 1 }
            guard skipDigits() > 0 else { throw malformed("a digit") }
        }
        let digits = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole {
            if let value = Int64(digits) { return .integer(value) }
            if let value = UInt64(digits) { return .large(value) }
        }
        guard let value = Double(digits), value.isFinite else {
            position = start
            throw malformed("a number that is finite in 64 bits")
        }
        return .real(value)
    }
}
