/// One extent of a shape.
public enum Dimension: Hashable, Sendable {
    case number(Int64)
    /// Equal symbols of one graph stand for equal numbers.
    case symbol(String)
    case unknown
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
