internal import CIoU

/// What a model says of one of its inputs or outputs.
public struct ValueInfo: Hashable, Sendable {
    public let name: String

    /// `nil`: the model does not say, or it is none that the library holds.
    public let type: ElementType?

    /// The sides, outermost first; `nil`: even their number is unknown.
    public let shape: [Dimension]?

    /// One side of a value.
    public enum Dimension: Hashable, Sendable, CustomStringConvertible {
        case fixed(Int)
        case symbol(String)
        case unknown

        public var description: String {
            switch self {
            case .fixed(let side): "\(side)"
            case .symbol(let name): name
            case .unknown: "?"
            }
        }
    }

    /// The shape as people write it, such as "Nx3xHxW".
    public var shapeDescription: String {
        shape.map { $0.map(\.description).joined(separator: "x") } ?? "of unknown rank"
    }
}

extension ValueInfo {
    init(_ info: iou_value_info) {
        name = info.name.map { String(cString: $0) } ?? ""
        type = ElementType(rawValue: info.type.rawValue)
        shape = info.rank < 0 ? nil : (0..<Int(info.rank)).map { info.dimension($0) }
    }
}

extension iou_value_info {
    fileprivate func dimension(_ index: Int) -> ValueInfo.Dimension {
        let side = withUnsafeBytes(of: dims) {
            $0.load(fromByteOffset: index * MemoryLayout<Int64>.stride, as: Int64.self)
        }
        guard side < 0 else { return .fixed(Int(side)) }
        let name = withUnsafeBytes(of: symbols) {
            $0.load(
                fromByteOffset: index * MemoryLayout<UnsafePointer<CChar>?>.stride,
                as: UnsafePointer<CChar>?.self)
        }
        return name.map { .symbol(String(cString: $0)) } ?? .unknown
    }
}
