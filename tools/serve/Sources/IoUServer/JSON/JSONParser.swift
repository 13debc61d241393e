/// Reads a JSON text of a request. Lists of numbers, which tensors are, take no value for each
/// number; FoundationEssentials' decoder takes ten times as long for these and names no place.
struct JSONParser {
    let bytes: [UInt8]
    var position = 0
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

    var current: UInt8 { bytes[position] }

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

    func malformed(_ expected: String) -> ServerError {
        let rest = bytes[position..<bytes.count - 1].prefix(16)
        let found =
            rest.isEmpty ? "its end" : "'\(String(decoding: rest, as: UTF8.self).printable)'"
        return .badRequest("\(place): expected \(expected) at byte \(position), found \(found)")
    }
}
