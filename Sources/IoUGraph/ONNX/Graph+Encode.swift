extension Graph {
    func encode(_ writer: inout WireWriter) {
        writer.messages(1, nodes, Node.encode)
        writer.text(2, name)
        writer.messages(5, initializers, TensorLiteral.encode)
        writer.text(10, documentation)
        writer.messages(11, inputs, ValueInfo.encode)
        writer.messages(12, outputs, ValueInfo.encode)
        writer.messages(13, valueInfo, ValueInfo.encode)
        writer.messages(14, quantization, QuantizationAnnotation.encode)
        writer.messages(15, sparseInitializers, SparseTensor.encode)
        writer.messages(16, metadata, Property.encode)
        writer.raw(unknownFields)
    }
}

extension Node {
    func encode(_ writer: inout WireWriter) {
        writer.strings(1, inputs)
        writer.strings(2, outputs)
        writer.text(3, name)
        writer.string(4, type)
        writer.messages(5, attributes, Attribute.encode)
        writer.text(6, documentation)
        writer.text(7, domain)
        writer.text(8, overload)
        writer.messages(9, metadata, Property.encode)
        writer.raw(unknownFields)
    }
}

extension ValueInfo {
    func encode(_ writer: inout WireWriter) {
        writer.string(1, name)
        if let type { writer.message(2, type.encode) }
        writer.text(3, documentation)
        writer.messages(4, metadata, Property.encode)
        writer.raw(unknownFields)
    }
}

extension QuantizationAnnotation {
    func encode(_ writer: inout WireWriter) {
        writer.string(1, tensor)
        writer.messages(2, parameters, Property.encode)
        writer.raw(unknownFields)
    }
}
