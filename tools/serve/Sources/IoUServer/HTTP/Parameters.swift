import Hummingbird

/// What a client set by a URL's query or by a form's fields, each once, all of them known.
struct RequestParameters {
    private var values: [String: String] = [:]
    private let known: [String]

    init(_ request: Request, known: [String]) throws(ServerError) {
        self.known = known
        for (name, value) in request.uri.queryParameters {
            try add(String(name), String(value))
        }
    }

    mutating func add(_ name: String, _ value: String) throws(ServerError) {
        guard known.contains(name) else {
            throw .badRequest(
                "parameter \(name.quoted): expected one of \(known.joined(separator: ", "))")
        }
        guard values.updateValue(value, forKey: name) == nil else {
            throw .badRequest("parameter '\(name)': expected it once, found it twice")
        }
    }

    subscript(name: String) -> String? { values[name] }

    func flag(_ name: String) throws(ServerError) -> Bool {
        switch values[name] {
        case nil, "0", "false": return false
        case "1", "true": return true
        case let text?:
            throw .badRequest("parameter '\(name)': expected 0 or 1, found \(text.quoted)")
        }
    }

    func fraction(_ name: String) throws(ServerError) -> Float? {
        guard let text = values[name] else { return nil }
        guard let number = Float(text), (0...1).contains(number) else {
            throw .badRequest(
                "parameter '\(name)': expected a number from 0 to 1, found \(text.quoted)")
        }
        return number
    }

    func count(_ name: String, upTo most: Int) throws(ServerError) -> Int? {
        guard let text = values[name] else { return nil }
        guard let number = Int(text), (1...most).contains(number) else {
            throw .badRequest(
                "parameter '\(name)': expected a whole number from 1 to \(most), found "
                    + text.quoted)
        }
        return number
    }
}
