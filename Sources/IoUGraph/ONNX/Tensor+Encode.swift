extension TensorLiteral {
    func encode(_ writer: inout WireWriter) {
        writer.ints(1, dimensions)
        if type != .undefined { writer.int(2, Int64(type.rawValue)) }
        if case .strings(let values) = content {
            for value in values { writer.bytes(6, value) }
        }
        writer.text(8, name)
        if case .bytes(let blob) = content { writer.blob(9, blob) }
        writer.text(12, documentation)
        if case .external(let entries) = content {
            writer.messages(13, entries, Property.encode)
            writer.int(14, 1)
        }
        writer.messages(16, metadata, Property.encode)
        writer.raw(unknownFields)
    }
}

extension SparseTensor {
    func encode(_ writer: inout WireWriter) {
        if let values { writer.message(1, values.encode) }
        if let indices { writer.message(2, indices.encode) }
        writer.ints(3, dimensions)
        writer.raw(unknownFields)
    }
}
