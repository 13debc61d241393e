extension TypeInfo.Described {
    func encode(_ writer: inout WireWriter) {
        type.encode(&writer)
        writer.text(6, denotation)
        writer.raw(unknownFields)
    }
}

extension TypeInfo {
    fileprivate func encode(_ writer: inout WireWriter) {
        switch self {
        case .tensor(let element, let shape):
            writer.message(1) { Self.encodeTensor(element, shape, &$0) }
        case .sequence(let element): writer.message(4) { $0.message(1, element.encode) }
        case .map(let key, let value):
            writer.message(5) {
                $0.int(1, Int64(key.rawValue))
                $0.message(2, value.encode)
            }
        case .sparseTensor(let element, let shape):
            writer.message(8) { Self.encodeTensor(element, shape, &$0) }
        case .optional(let element): writer.message(9) { $0.message(1, element.encode) }
        case .other(let bytes): writer.raw(bytes)
        }
    }

    private static func encodeTensor(
        _ element: ElementType, _ shape: Shape?, _ writer: inout WireWriter
    ) {
        if element != .undefined { writer.int(1, Int64(element.rawValue)) }
        if let shape { writer.message(2, shape.encode) }
    }
}

extension TypeInfo.Shape {
    func encode(_ writer: inout WireWriter) {
        for (axis, dimension) in dimensions.enumerated() {
            writer.message(1) {
                switch dimension {
                case .number(let value): $0.int(1, value)
                case .symbol(let name): $0.string(2, name)
                case .unknown: break
                }
                if axis < denotations.count { $0.text(3, denotations[axis]) }
            }
        }
        writer.raw(unknownFields)
    }
}
