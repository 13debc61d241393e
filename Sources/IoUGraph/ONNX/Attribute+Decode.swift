import CONNX

extension ModelDecoder {
    func attribute(_ message: Onnx__AttributeProto) throws(GraphError) -> Attribute {
        var attribute = Attribute(try text(message.name), try value(message))
        attribute.documentation = try text(message.doc_string)
        attribute.unknownFields = unknown(message.base)
        return attribute
    }

    private func value(_ message: Onnx__AttributeProto) throws(GraphError) -> Attribute.Value {
        let held = Self.kindsHeld(message)
        if held.count > 1 {
            throw GraphError(
                .invalidGraph,
                "attribute '\(try text(message.name).shortened)': expected one value, "
                    + "found values of \(held.count) kinds")
        }
        let kind = message.has_type != 0 ? Int32(message.type.rawValue) : Self.guessedKind(message)
        if message.ref_attr_name != nil {
            return .reference(name: try text(message.ref_attr_name), kind: kind)
        }
        switch kind {
        case 1: return .float(message.f)
        case 2: return .int(message.i)
        case 3: return .string(Self.bytes(message.s))
        case 6: return .floats(Self.numbers(message.n_floats, message.floats))
        case 7: return .ints(Self.numbers(message.n_ints, message.ints))
        case 8: return .strings(Self.numbers(message.n_strings, message.strings).map(Self.bytes))
        default: return try structured(message, kind)
        }
    }

    private func structured(
        _ message: Onnx__AttributeProto, _ kind: Int32
    ) throws(GraphError) -> Attribute.Value {
        switch kind {
        case 4: if let value = message.t { return .tensor(try tensor(value.pointee)) }
        case 5: if let value = message.g { return .graph(try graph(value.pointee)) }
        case 11:
            if let value = message.sparse_tensor {
                return .sparseTensor(try sparseTensor(value.pointee))
            }
        case 13: if let value = message.tp { return .type(try type(value)) }
        case 9: return .tensors(try list(message.n_tensors, message.tensors, tensor))
        case 10: return .graphs(try list(message.n_graphs, message.graphs, graph))
        case 12:
            return .sparseTensors(
                try list(message.n_sparse_tensors, message.sparse_tensors, sparseTensor))
        case 14: return .types(try types(message.n_type_protos, message.type_protos))
        default: break
        }
        return .nothing(kind: kind)
    }

    /// Files before IR version 2 do not say the type; the field that is there tells it.
    private static func guessedKind(_ message: Onnx__AttributeProto) -> Int32 {
        kindsHeld(message).first ?? 0
    }

    private static func kindsHeld(_ message: Onnx__AttributeProto) -> [Int32] {
        let present: [(Bool, Int32)] = [
            (message.has_f != 0, 1), (message.has_i != 0, 2), (message.has_s != 0, 3),
            (message.t != nil, 4), (message.g != nil, 5), (message.n_floats > 0, 6),
            (message.n_ints > 0, 7), (message.n_strings > 0, 8), (message.n_tensors > 0, 9),
            (message.n_graphs > 0, 10), (message.sparse_tensor != nil, 11),
            (message.n_sparse_tensors > 0, 12), (message.tp != nil, 13),
            (message.n_type_protos > 0, 14),
        ]
        return present.filter(\.0).map(\.1)
    }
}
