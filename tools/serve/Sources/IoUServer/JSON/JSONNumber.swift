/// A number as it was written: whole numbers are exact.
enum JSONNumber: Hashable, Sendable {
    case integer(Int64)
    /// Above what Int64 holds.
    case large(UInt64)
    case real(Double)

    var double: Double {
        switch self {
        case .integer(let value): Double(value)
        case .large(let value): Double(value)
        case .real(let value): value
        }
    }

    /// The same number as another type; `nil` where that has no such number.
    func whole<Integer: FixedWidthInteger>(as _: Integer.Type = Integer.self) -> Integer? {
        switch self {
        case .integer(let value): Integer(exactly: value)
        case .large(let value): Integer(exactly: value)
        case .real(let value):
            // Above, the written number may have been another one.
            value.magnitude <= 0x1p53 ? Integer(exactly: value) : nil
        }
    }
}

extension JSONNumber: CustomStringConvertible {
    var description: String {
        switch self {
        case .integer(let value): "\(value)"
        case .large(let value): "\(value)"
        case .real(let value): "\(value)"
        }
    }
}
