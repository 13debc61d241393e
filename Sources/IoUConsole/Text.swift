import Glibc

extension String {
    /// The same without control characters and separators of lines, which would break tables.
    package var oneLine: String {
        let breaking: [Unicode.GeneralCategory] = [
            .control, .lineSeparator, .paragraphSeparator,
        ]
        let scalars = unicodeScalars.map { scalar in
            breaking.contains(scalar.properties.generalCategory) ? "\u{FFFD}" : scalar
        }
        return String(String.UnicodeScalarView(scalars))
    }
}

extension BinaryFloatingPoint {
    /// The number with a fixed count of digits after the point, for tables.
    package func fixed(_ digits: Int) -> String {
        let value = Double(self)
        guard value.isFinite else { return "-" }
        var buffer = [CChar](repeating: 0, count: 400)
        let count = withVaList([Int32(digits), value]) {
            vsnprintf(&buffer, buffer.count, "%.*f", $0)
        }
        let text = buffer.prefix(max(0, Int(count))).map { UInt8(bitPattern: $0) }
        return String(decoding: text, as: UTF8.self)
    }
}
