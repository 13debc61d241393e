/// A JSON text that is written from front to back, without values in between.
struct JSONText {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    static func object(_ body: (inout JSONText) -> Void) -> [UInt8] {
        var text = JSONText()
        text.object(body)
        return text.bytes
    }

    mutating func object(_ body: (inout JSONText) -> Void) {
        begin(UInt8(ascii: "{"))
        body(&self)
        end(UInt8(ascii: "}"))
    }

    mutating func array<Values: Sequence>(
        _ values: Values, _ body: (inout JSONText, Values.Element) -> Void
    ) {
        begin(UInt8(ascii: "["))
        for value in values { body(&self, value) }
        end(UInt8(ascii: "]"))
    }

    /// The name of an object's next member, whose value is to be written then.
    mutating func key(_ name: String) {
        string(name)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    mutating func string(_ text: String) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes += [UInt8(ascii: "\\"), byte]
            case 0x0A: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
            case 0..<0x20:
                bytes += Array("\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func bool(_ value: Bool) { raw(value ? "true" : "false") }

    mutating func null() { raw("null") }

    mutating func number(_ value: some BinaryInteger) { raw("\(value)") }

    /// As short as brings the same value back; null where JSON has no such number.
    mutating func number(_ value: some BinaryFloatingPoint & LosslessStringConvertible) {
        value.isFinite ? raw("\(value)") : null()
    }

    /// Bytes that are a JSON value already.
    mutating func value(_ written: [UInt8]) {
        separate()
        bytes += written
    }

    private mutating func raw(_ text: String) {
        separate()
        bytes += Array(text.utf8)
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }
}

extension String {
    /// For errors: without what would break a line, or a terminal.
    var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? "?" : $0 }))
    }

    /// For errors: the beginning of what a client sent.
    var quoted: String {
        utf8.count <= 64 ? "'\(printable)'" : "'\(String(prefix(60)).printable)…'"
    }
}
