/// Reads a JSON text of a request. Lists of numbers, which tensors are, take no value for each
/// number; FoundationEssentials' decoder takes ten times as long for these and names no place.
struct JSONParser {
    private let bytes: [UInt8]
    private var position = 0
    private let place: String

    /// Values within each other.
    private static let deepest = 64

    private init(_ bytes: [UInt8], _ place: String) {
        self.bytes = bytes + [0]  // ends with a NUL, which no JSON has outside of texts
        self.place = place
    }

    /// - Parameter place: What the text is, for errors.
    static func parse(
        _ bytes: some Sequence<UInt8>, at place: String
    ) throws(ServerError) -> JSONValue {
        var parser = JSONParser(Array(bytes), place)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == parser.bytes.count - 1 else {
            throw parser.malformed("the end")
        }
        return value
    }

    private var current: UInt8 { bytes[position] }

    private mutating func value(depth: Int) throws(ServerError) -> JSONValue {
        guard depth < JSONParser.deepest else {
            throw malformed("at most \(JSONParser.deepest) values in each other")
        }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return try list(depth: depth)
        case UInt8(ascii: "\""): return .string(try text())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return .number(try number())
        default: break
        }
        for (word, value) in [
            ("true", JSONValue.bool(true)), ("false", .bool(false)), ("null", .null),
        ]
        where bytes[position...].starts(with: word.utf8) {
            position += word.utf8.count
            return value
        }
        throw malformed("a value")
    }

    private mutating func object(depth: Int) throws(ServerError) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        position += 1
        guard try !ends(with: UInt8(ascii: "}"), first: true) else { return members }
        repeat {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw malformed("a member's name") }
            let name = try text()
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw malformed("':'") }
            position += 1
            guard members.updateValue(try value(depth: depth + 1), forKey: name) == nil else {
                throw .badRequest("\(place): expected one member '\(name)' of an object, found two")
            }
        } while try !ends(with: UInt8(ascii: "}"))
        return members
    }

    private mutating func list(depth: Int) throws(ServerError) -> JSONValue {
        position += 1
        guard try !ends(with: UInt8(ascii: "]"), first: true) else { return .numbers([]) }
        var numbers: [JSONNumber] = []
        var values: [JSONValue] = []
        repeat {
            if values.isEmpty {
                skipSpace()
                if current == UInt8(ascii: "-") || isDigit(current) {
                    numbers.append(try number())
                    continue
                }
                values = numbers.map(JSONValue.number)
            }
            values.append(try value(depth: depth + 1))
        } while try !ends(with: UInt8(ascii: "]"))
        return values.isEmpty ? .numbers(numbers) : .array(values)
    }

    /// Whether the object or list ends here; else it goes on behind a comma.
    private mutating func ends(with bracket: UInt8, first: Bool = false) throws(ServerError) -> Bool
    {
        skipSpace()
        if current == bracket {
            position += 1
            return true
        }
        guard !first else { return false }
        guard current == UInt8(ascii: ",") else {
            throw malformed("',' or '\(Character(UnicodeScalar(bracket)))'")
        }
        position += 1
        return false
    }

    private mutating func skipSpace() {
        while current == 0x20 || current == 0x0A || current == 0x0D || current == 0x09 {
            position += 1
        }
    }

    private func malformed(_ expected: String) -> ServerError {
        let rest = bytes[position..<bytes.count - 1].prefix(16)
        let found =
            rest.isEmpty ? "its end" : "'\(String(decoding: rest, as: UTF8.self).printable)'"
        return .badRequest("\(place): expected \(expected) at byte \(position), found \(found)")
    }
}

extension JSONParser {
    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private mutating func skipDigits() -> Int {
        let start = position
        while isDigit(current) { position += 1 }
        return position - start
    }

    private mutating func number() throws(ServerError) -> JSONNumber {
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

    private mutating func text() throws(ServerError) -> String {
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
