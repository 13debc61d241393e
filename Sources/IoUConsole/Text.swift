import Glibc

extension String {
    /// At most so many Unicode scalars, and "…" for the others: malformed files have names of
    /// megabytes.
    package func shortened(to most: Int) -> String {
        let start = unicodeScalars.prefix(most)
        guard start.endIndex < unicodeScalars.endIndex else { return self }
        return String(start) + "…"
    }

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
    /// ``fixed(_:)`` without the zeros at its end, but for the first digit after the point.
    package func shortest(_ digits: Int) -> String {
        let text = fixed(digits)
        guard let point = text.firstIndex(of: ".") else { return text }
        let zeros = text[point...].dropFirst(2).reversed().prefix { $0 == "0" }.count
        return String(text.dropLast(zeros))
    }

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
