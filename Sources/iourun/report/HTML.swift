import IoUConsole

/// A piece of a page. Text that is put into one is escaped, so that names of classes and files are
/// never markup.
struct HTML: ExpressibleByStringInterpolation {
    private(set) var text: String

    init(stringLiteral value: String) {
        text = value
    }

    init(stringInterpolation: StringInterpolation) {
        text = stringInterpolation.text
    }

    struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + 16 * interpolationCount)
        }

        mutating func appendLiteral(_ literal: String) { text += literal }
        mutating func appendInterpolation(_ value: HTML) { text += value.text }
        mutating func appendInterpolation(_ values: [HTML]) {
            for value in values { text += value.text }
        }
        mutating func appendInterpolation(_ value: Int) { text += String(value) }
        mutating func appendInterpolation(_ value: String) { text += value.escaped }

        /// A number with at most so many digits behind the point.
        mutating func appendInterpolation(_ value: Double, digits: Int = 1) {
            text += value.fixed(digits)
        }

        /// A measured number, as tables have it: "–" where it is not defined.
        mutating func appendInterpolation(measured value: Double?, digits: Int = 3) {
            text += value.map { $0 < 0 ? "–" : $0.fixed(digits) } ?? "–"
        }
    }

    /// The name of a class or a file in running text: letters that are written from right to left
    /// leave the words around it in order.
    static func name(_ text: String) -> HTML {
        let short = text.shortened(to: 60).oneLine
        let full = text.shortened(to: 1000).oneLine
        return short == full ? "<bdi>\(short)</bdi>" : "<bdi title=\"\(full)\">\(short)</bdi>"
    }
}

extension String {
    /// Of a text, what is no markup, also between quotes, and what HTML can hold.
    fileprivate var escaped: String {
        var escaped = ""
        escaped.reserveCapacity(utf8.count)
        for scalar in oneLine.unicodeScalars where !scalar.properties.isNoncharacterCodePoint {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
