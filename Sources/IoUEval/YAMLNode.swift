/// A value of a YAML file.
indirect enum YAMLNode {
    /// Text as it is written; `isPlain`: without quotes, so that it may be a number or nothing.
    case scalar(String, isPlain: Bool)
    case list([YAMLNode])
    /// In the order of the file.
    case map([(key: YAMLNode, value: YAMLNode)])

    /// Of a map, the value of a key.
    subscript(key: String) -> YAMLNode? {
        guard case .map(let pairs) = self else { return nil }
        return pairs.first { $0.key.text == key }?.value
    }

    /// Of a scalar.
    var text: String? {
        if case .scalar(let text, _) = self { text } else { nil }
    }

    /// Of a scalar without quotes.
    var wholeNumber: Int? {
        if case .scalar(let text, true) = self { Int(text) } else { nil }
    }

    /// Whether it says that there is nothing.
    var isNull: Bool {
        if case .scalar(let text, true) = self {
            ["", "~", "null", "Null", "NULL"].contains(text)
        } else {
            false
        }
    }

    /// For errors.
    var kind: String {
        switch self {
        case .scalar(let text, _): isNull ? "nothing" : "'\(text.prefix(60))'"
        case .list: "a list"
        case .map: "a map"
        }
    }
}
