/// A header's value with parameters behind semicolons: `form-data; name="picture"`.
struct HeaderParameters {
    /// What is before the first semicolon.
    private(set) var value = ""
    private var parameters: [String: String] = [:]

    init(_ text: String) {
        var rest = Substring(text)
        value = String(HeaderParameters.take(&rest, until: ";").trimmed)
        while !rest.isEmpty {
            rest = rest.dropFirst()
            let name = HeaderParameters.take(&rest, until: "=;").trimmed.lowercased()
            guard rest.first == "=" else { continue }
            rest = rest.dropFirst().trimmedStart
            let content = rest.first == "\"" ? HeaderParameters.quoted(&rest) : ""
            let plain = HeaderParameters.take(&rest, until: ";")
            if parameters[name] == nil {
                parameters[name] = content.isEmpty ? String(plain.trimmed) : content
            }
        }
    }

    /// Names are in lower case.
    subscript(name: String) -> String? { parameters[name] }

    private static func take(_ rest: inout Substring, until ends: String) -> Substring {
        let head = rest.prefix { !ends.contains($0) }
        rest = rest[head.endIndex...]
        return head
    }

    /// A text in quotes, in which a backslash stands before a quote; what browsers write as %22
    /// stays.
    private static func quoted(_ rest: inout Substring) -> String {
        rest = rest.dropFirst()
        var text = ""
        while let character = rest.popFirst(), character != "\"" {
            if character == "\\", let next = rest.popFirst() {
                text.append(next)
            } else {
                text.append(character)
            }
        }
        return text
    }
}

extension Substring {
    fileprivate var trimmedStart: Substring { drop { $0 == " " || $0 == "\t" } }

    fileprivate var trimmed: Substring {
        var text = trimmedStart
        while text.last == " " || text.last == "\t" { text = text.dropLast() }
        return text
    }
}
