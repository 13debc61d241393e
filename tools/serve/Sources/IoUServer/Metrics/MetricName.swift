/// What one series of measurements is called, in the characters that Prometheus takes.
struct MetricName: Hashable, Comparable {
    let name: String
    /// By name, each once.
    let labels: [Label]

    struct Label: Hashable {
        let name: String
        let value: String
    }

    init(_ name: String, _ dimensions: [(String, String)]) {
        self.name = MetricName.identifier(name, allowed: ":")
        var labels: [String: String] = [:]
        for (name, value) in dimensions { labels[MetricName.identifier(name)] = value }
        self.labels = labels.sorted { $0.key < $1.key }.map(Label.init)
    }

    static func < (one: MetricName, other: MetricName) -> Bool {
        one.name != other.name
            ? one.name < other.name
            : one.labels.lazy.map(\.value).lexicographicallyPrecedes(other.labels.lazy.map(\.value))
    }

    /// Letters, digits and underscores, no digit first; others become underscores.
    private static func identifier(_ text: String, allowed: String = "") -> String {
        let name = String(
            text.map { character in
                let isPart = character.isASCII && (character.isLetter || character.isNumber)
                return isPart || allowed.contains(character) ? character : "_"
            })
        guard let first = name.first, !first.isNumber else { return "_" + name }
        return name
    }
}

extension MetricName.Label: CustomStringConvertible {
    init(_ pair: (key: String, value: String)) {
        self.init(name: pair.key, value: pair.value)
    }

    var description: String {
        let escaped = value.map { character in
            switch character {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n", "\r", "\r\n": "\\n"
            default: String(character)
            }
        }
        return "\(name)=\"\(escaped.joined())\""
    }
}
