/// A value of a JSON text (RFC 8259).
enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    /// A list that has nothing but numbers, of which there may be millions.
    case numbers([JSONNumber])
    case object([String: JSONValue])

    /// For errors: what kind of value it is, or a short one itself.
    var found: String {
        switch self {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let text): text.utf8.count <= 40 ? "'\(text)'" : "a text"
        case .array, .numbers: "a list"
        case .object: "an object"
        }
    }
}

/// Members of an object with their place, so that an error can say where it is.
struct JSONObject {
    let place: String
    let members: [String: JSONValue]

    init(_ value: JSONValue, at place: String) throws(ServerError) {
        guard case .object(let members) = value else {
            throw .badRequest("\(place): expected an object, found \(value.found)")
        }
        self.place = place
        self.members = members
    }

    /// `nil` where the member is missing or null.
    subscript(_ name: String) -> JSONValue? {
        guard let value = members[name], value != .null else { return nil }
        return value
    }

    func place(of name: String) -> String { "\(place).\(name)" }

    /// A member that must not be missing.
    func value(_ name: String, _ expected: String) throws(ServerError) -> JSONValue {
        guard let value = self[name] else {
            throw .badRequest("\(place(of: name)): expected \(expected), found none")
        }
        return value
    }

    func string(_ name: String) throws(ServerError) -> String? {
        guard let value = self[name] else { return nil }
        guard case .string(let text) = value else { throw wrong(name, "a text", value) }
        return text
    }

    func bool(_ name: String) throws(ServerError) -> Bool? {
        guard let value = self[name] else { return nil }
        guard case .bool(let flag) = value else { throw wrong(name, "true or false", value) }
        return flag
    }

    func number(_ name: String) throws(ServerError) -> Double? {
        guard let value = self[name] else { return nil }
        guard case .number(let number) = value else { throw wrong(name, "a number", value) }
        return number.double
    }

    func count(_ name: String) throws(ServerError) -> Int? {
        guard let value = self[name] else { return nil }
        guard case .number(let number) = value, let count = number.whole(as: Int.self), count >= 0
        else { throw wrong(name, "a whole number of 0 or more", value) }
        return count
    }

    /// The objects of a list; none where it is missing.
    func objects(_ name: String) throws(ServerError) -> [JSONObject] {
        guard let value = self[name] else { return [] }
        let list: [JSONValue]
        switch value {
        case .array(let values): list = values
        case .numbers(let numbers): list = numbers.map(JSONValue.number)
        default: throw wrong(name, "a list", value)
        }
        var objects: [JSONObject] = []
        for (index, value) in list.enumerated() {
            objects.append(try JSONObject(value, at: "\(place(of: name))[\(index)]"))
        }
        return objects
    }

    /// An object, empty where it is missing.
    func object(_ name: String) throws(ServerError) -> JSONObject {
        try JSONObject(self[name] ?? .object([:]), at: place(of: name))
    }

    private func wrong(_ name: String, _ expected: String, _ value: JSONValue) -> ServerError {
        .badRequest("\(place(of: name)): expected \(expected), found \(value.found)")
    }
}
