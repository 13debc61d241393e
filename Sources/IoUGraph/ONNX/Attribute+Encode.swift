extension Attribute {
    func encode(_ writer: inout WireWriter) {
        writer.string(1, name)
        encodeNumbersAndText(&writer)
        encodeGraphsAndTensors(&writer)
        writer.text(13, documentation)
        encodeTypes(&writer)
        if value.kind != 0 { writer.int(20, Int64(value.kind)) }
        if case .reference(let caller, _) = value { writer.string(21, caller) }
        encodeSparse(&writer)
        writer.raw(unknownFields)
    }

    private func encodeNumbersAndText(_ writer: inout WireWriter) {
        switch value {
        case .float(let value): writer.float(2, value)
        case .int(let value): writer.int(3, value)
        case .string(let value): writer.bytes(4, value)
        case .floats(let values): for value in values { writer.float(7, value) }
        case .ints(let values): writer.ints(8, values)
        case .strings(let values): for value in values { writer.bytes(9, value) }
        default: break
        }
    }

    private func encodeGraphsAndTensors(_ writer: inout WireWriter) {
        switch value {
        case .tensor(let value): writer.message(5, value.encode)
        case .graph(let value): writer.message(6, value.encode)
        case .tensors(let values): writer.messages(10, values, TensorLiteral.encode)
        case .graphs(let values): writer.messages(11, values, Graph.encode)
        default: break
        }
    }

    private func encodeTypes(_ writer: inout WireWriter) {
        switch value {
        case .type(let value): writer.message(14, value.encode)
        case .types(let values): writer.messages(15, values, TypeInfo.Described.encode)
        default: break
        }
    }

    private func encodeSparse(_ writer: inout WireWriter) {
        switch value {
        case .sparseTensor(let value): writer.message(22, value.encode)
        case .sparseTensors(let values): writer.messages(23, values, SparseTensor.encode)
        default: break
        }
    }
}

extension Attribute.Value {
    /// ONNX's AttributeProto.AttributeType.
    var kind: Int32 {
        switch self {
        case .float: 1
        case .int: 2
        case .string: 3
        case .tensor: 4
        case .graph: 5
        case .floats: 6
        case .ints: 7
        case .strings: 8
        case .tensors: 9
        case .graphs: 10
        case .sparseTensor: 11
        case .sparseTensors: 12
        case .type: 13
        case .types: 14
        case .reference(_, let kind), .nothing(let kind): kind
        }
    }
}
