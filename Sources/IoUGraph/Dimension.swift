/// One extent of a shape.
public enum Dimension: Hashable, Sendable {
    case number(Int64)
    /// Equal symbols of one graph stand for equal numbers.
    case symbol(String)
    case unknown
}

extension Dimension {
    /// What a file means by a number: exporters write -1 or 0 where the extent is unknown. It may
    /// be 0 then, too.
    init(stated number: Int64) {
        self = number > 0 ? .number(number) : .unknown
    }

    /// A name of nothing says nothing.
    var unlessEmpty: Dimension { self == .symbol("") ? .unknown : self }

    /// What an input means by a name: one that is no identifier is a placeholder that stands for
    /// extents that differ, as is Python's None.
    var ofInput: Dimension {
        guard case .symbol(let name) = self else { return self }
        return name.isIdentifier && name != "None" ? self : .unknown
    }
}

extension String {
    /// As C and ONNX define it.
    fileprivate var isIdentifier: Bool {
        guard let first = utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        else { return false }
        return utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}

extension Collection<Dimension> {
    /// The numbers; nil where not all are numbers.
    package var extents: [Int64]? {
        let numbers = compactMap { if case .number(let extent) = $0 { extent } else { nil } }
        return numbers.count == count ? numbers : nil
    }
}

extension Dimension: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    public init(integerLiteral value: Int64) {
        self = .number(value)
    }

    public init(stringLiteral value: String) {
        self = .symbol(value)
    }
}

extension Dimension: CustomStringConvertible {
    public var description: String {
        switch self {
        case .number(let value): "\(value)"
        case .symbol(let name): name
        case .unknown: "?"
        }
    }
}
