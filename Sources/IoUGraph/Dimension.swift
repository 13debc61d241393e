/// One extent of a shape.
public enum Dimension: Hashable, Sendable {
    case number(Int64)
    /// Equal symbols of one graph stand for equal numbers.
    case symbol(String)
    case unknown
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
