/// Reads the Python dictionary of a `.npy` header: texts, truths and tuples of integers.
struct NPYScanner {
    enum Value: Equatable {
        case text(String)
        case truth(Bool)
        case numbers([Int])
    }

    private var rest: Substring

    init(_ text: String) {
        rest = text[...]
    }

    mutating func dictionary() throws(IoUError) -> [String: Value] {
        var fields: [String: Value] = [:]
        try expect("{")
        while !skip("}") {
            let key = try quoted()
            try expect(":")
            fields[key] = try value()
            if !skip(",") {
                try expect("}")
                break
            }
        }
        return fields
    }

    private mutating func value() throws(IoUError) -> Value {
        if skip("True") { return .truth(true) }
        if skip("False") { return .truth(false) }
        if skip("(") { return .numbers(try numbers()) }
        return .text(try quoted())
    }

    /// After the opening parenthesis.
    private mutating func numbers() throws(IoUError) -> [Int] {
        var numbers: [Int] = []
        while !skip(")") {
            skipSpace()
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            // Python 2 wrote long integers with an L.
            guard let number = Int(digits) else { throw surprise("an integer") }
            rest = rest.dropFirst(digits.count)
            _ = skip("L")
            numbers.append(number)
            if !skip(",") {
                try expect(")")
                break
            }
        }
        return numbers
    }

    private mutating func quoted() throws(IoUError) -> String {
        skipSpace()
        guard let quote = rest.first, quote == "'" || quote == "\"" else {
            throw surprise("a quoted text")
        }
        let text = rest.dropFirst().prefix { $0 != quote }
        rest = rest.dropFirst(text.count + 1)
        try expect(String(quote))
        return String(text)
    }

    private mutating func expect(_ token: String) throws(IoUError) {
        guard skip(token) else { throw surprise("'\(token)'") }
    }

    private mutating func skip(_ token: String) -> Bool {
        skipSpace()
        guard rest.hasPrefix(token) else { return false }
        rest = rest.dropFirst(token.count)
        return true
    }

    private mutating func skipSpace() {
        rest = rest.drop { $0.isWhitespace }
    }

    private func surprise(_ expected: String) -> IoUError {
        let found = rest.isEmpty ? "its end" : "'\(rest.prefix(20))'"
        return IoUError(.badData, "npy header: expected \(expected), found \(found)")
    }
}
