import CONNX

extension ModelDecoder {
    func tensor(_ message: Onnx__TensorProto) throws(GraphError) -> TensorLiteral {
        var tensor = TensorLiteral(
            try text(message.name), type: ElementType(rawValue: message.data_type),
            dimensions: Self.numbers(message.n_dims, message.dims),
            content: try content(message))
        tensor.documentation = try text(message.doc_string)
        tensor.metadata = try properties(message.n_metadata_props, message.metadata_props)
        tensor.unknownFields = segment(message) + unknown(message.base)
        return tensor
    }

    private func segment(_ message: Onnx__TensorProto) -> [UInt8] {
        guard let segment = message.segment else { return [] }
        var writer = WireWriter()
        writer.bytes(3, Self.packed(segment))
        return writer.bytes
    }

    private func content(_ message: Onnx__TensorProto) throws(GraphError) -> TensorLiteral.Content {
        let held = Self.fieldsHeld(message)
        if held.count > 1 {
            throw GraphError(
                .invalidGraph,
                "tensor '\(try text(message.name).shortened)': expected elements in one field, "
                    + "found them in \(held.joined(separator: " and "))")
        }
        if message.data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL {
            return .external(try properties(message.n_external_data, message.external_data))
        }
        if message.data_type == ElementType.string.rawValue {
            let strings = Self.numbers(message.n_string_data, message.string_data)
            return .strings(strings.map(Self.bytes))
        }
        if message.has_raw_data != 0 { return .bytes(try blob(message.raw_data)) }
        return .bytes(Blob(Self.typedBytes(message)))
    }

    /// Where the elements are; a file that has them twice may mean either.
    private static func fieldsHeld(_ message: Onnx__TensorProto) -> [String] {
        let fields = [
            (message.data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL, "another file"),
            (message.has_raw_data != 0, "raw_data"), (message.n_float_data > 0, "float_data"),
            (message.n_int32_data > 0, "int32_data"), (message.n_string_data > 0, "string_data"),
            (message.n_int64_data > 0, "int64_data"), (message.n_double_data > 0, "double_data"),
            (message.n_uint64_data > 0, "uint64_data"),
        ]
        return fields.filter(\.0).map(\.1)
    }

    /// The elements of the field of their type, as raw_data holds them.
    private static func typedBytes(_ message: Onnx__TensorProto) -> [UInt8] {
        let type = ElementType(rawValue: message.data_type)
        switch type {
        case .float32, .complex64: return raw(numbers(message.n_float_data, message.float_data))
        case .float64, .complex128: return raw(numbers(message.n_double_data, message.double_data))
        case .int64: return raw(numbers(message.n_int64_data, message.int64_data))
        case .uint64: return raw(numbers(message.n_uint64_data, message.uint64_data))
        case .uint32:
            let values = numbers(message.n_uint64_data, message.uint64_data)
            return raw(values.map { UInt32(truncatingIfNeeded: $0) })
        default:
            let values = numbers(message.n_int32_data, message.int32_data)
            return narrowed(values, bits: type.bitWidth ?? 32)
        }
    }

    /// int32_data holds whole bytes for sub-byte types, so those narrow as 8-bit integers do.
    private static func narrowed(_ values: [Int32], bits: Int) -> [UInt8] {
        switch bits {
        case 32: raw(values)
        case 16: raw(values.map { UInt16(truncatingIfNeeded: $0) })
        default: values.map { UInt8(truncatingIfNeeded: $0) }
        }
    }

    private static func raw<T>(_ values: [T]) -> [UInt8] {
        values.withUnsafeBytes { Array($0) }
    }

    func sparseTensor(_ message: Onnx__SparseTensorProto) throws(GraphError) -> SparseTensor {
        var sparse = SparseTensor(
            values: nil, indices: nil, dimensions: Self.numbers(message.n_dims, message.dims))
        if let values = message.values { sparse.values = try tensor(values.pointee) }
        if let indices = message.indices { sparse.indices = try tensor(indices.pointee) }
        sparse.unknownFields = unknown(message.base)
        return sparse
    }
}
