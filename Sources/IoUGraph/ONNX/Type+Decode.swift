import CONNX

extension ModelDecoder {
    typealias TypeMessage = UnsafeMutablePointer<Onnx__TypeProto>

    /// A type that uses something that nothing here names is kept as bytes.
    func type(_ message: TypeMessage) throws(GraphError) -> TypeInfo.Described {
        guard let known = try knownType(message.pointee) else {
            return TypeInfo.Described(.other(Self.packed(message)))
        }
        var type = TypeInfo.Described(known, denotation: try text(message.pointee.denotation))
        type.unknownFields = unknown(message.pointee.base)
        return type
    }

    func types(
        _ count: Int, _ list: UnsafeMutablePointer<TypeMessage?>?
    ) throws(GraphError) -> [TypeInfo.Described] {
        var result: [TypeInfo.Described] = []
        for index in 0..<count {
            if let message = list?[index] { result.append(try type(message)) }
        }
        return result
    }

    private func knownType(_ message: Onnx__TypeProto) throws(GraphError) -> TypeInfo? {
        switch message.value_case {
        case ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE:
            let tensor = message.tensor_type.pointee
            guard tensor.base.n_unknown_fields == 0, Self.isPlain(tensor.shape) else { return nil }
            return .tensor(ElementType(rawValue: tensor.elem_type), shape: try shape(tensor.shape))
        case ONNX__TYPE_PROTO__VALUE_SPARSE_TENSOR_TYPE:
            let tensor = message.sparse_tensor_type.pointee
            guard tensor.base.n_unknown_fields == 0, Self.isPlain(tensor.shape) else { return nil }
            return .sparseTensor(
                ElementType(rawValue: tensor.elem_type), shape: try shape(tensor.shape))
        default: return try container(message)
        }
    }

    private func container(_ message: Onnx__TypeProto) throws(GraphError) -> TypeInfo? {
        switch message.value_case {
        case ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE:
            let sequence = message.sequence_type.pointee
            guard let element = sequence.elem_type, sequence.base.n_unknown_fields == 0 else {
                return nil
            }
            return .sequence(try type(element))
        case ONNX__TYPE_PROTO__VALUE_OPTIONAL_TYPE:
            let optional = message.optional_type.pointee
            guard let element = optional.elem_type, optional.base.n_unknown_fields == 0 else {
                return nil
            }
            return .optional(try type(element))
        case ONNX__TYPE_PROTO__VALUE_MAP_TYPE:
            let map = message.map_type.pointee
            guard let value = map.value_type, map.base.n_unknown_fields == 0 else { return nil }
            return .map(key: ElementType(rawValue: map.key_type), value: try type(value))
        default: return nil
        }
    }

    private typealias ShapeMessage = UnsafeMutablePointer<Onnx__TensorShapeProto>

    private static func isPlain(_ shape: ShapeMessage?) -> Bool {
        guard let shape = shape?.pointee else { return true }
        return (0..<shape.n_dim).allSatisfy { shape.dim[$0]!.pointee.base.n_unknown_fields == 0 }
    }

    private func shape(_ message: ShapeMessage?) throws(GraphError) -> TypeInfo.Shape? {
        guard let message = message?.pointee else { return nil }
        var shape = TypeInfo.Shape(try list(message.n_dim, message.dim, dimension))
        let denotations = try list(message.n_dim, message.dim) { (dim) throws(GraphError) in
            try text(dim.denotation)
        }
        if denotations.contains(where: { !$0.isEmpty }) { shape.denotations = denotations }
        shape.unknownFields = unknown(message.base)
        return shape
    }

    private func dimension(
        _ message: Onnx__TensorShapeProto__Dimension
    ) throws(GraphError) -> Dimension {
        switch message.value_case {
        case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE:
            Dimension(stated: message.dim_value)
        case ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM:
            .symbol(try text(message.dim_param)).unlessEmpty
        default: .unknown
        }
    }
}
