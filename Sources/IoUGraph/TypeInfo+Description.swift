import CIoU.Ops

extension ElementType: CustomStringConvertible {
    /// The name, such as "float32"; "type 99" for one that has none here.
    public var description: String {
        (0...26).contains(rawValue)
            ? String(cString: iou_type_name(iou_type(UInt32(rawValue)))) : "type \(rawValue)"
    }
}

extension TypeInfo: CustomStringConvertible {
    /// The type without its shape, such as "float32" or "sequence of float32".
    public var description: String {
        switch self {
        case .tensor(let element, _): "\(element)"
        case .sparseTensor(let element, _): "sparse \(element)"
        case .sequence(let element): "sequence of \(element.type)"
        case .map(let key, let value): "map of \(key) to \(value.type)"
        case .optional(let value): "optional \(value.type)"
        case .other: "a type of a newer format"
        }
    }
}
