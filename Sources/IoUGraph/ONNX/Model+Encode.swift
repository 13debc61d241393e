extension Model {
    /// The bytes of the ONNX file. Equal models give equal bytes.
    public func encoded() -> [UInt8] { onnx.bytes }

    var onnx: WireWriter {
        var writer = WireWriter()
        encode(&writer)
        return writer
    }

    private func encode(_ writer: inout WireWriter) {
        writer.int(1, irVersion)
        writer.text(2, producerName)
        writer.text(3, producerVersion)
        writer.text(4, domain)
        if modelVersion != 0 { writer.int(5, modelVersion) }
        writer.text(6, documentation)
        writer.message(7, graph.encode)
        writer.messages(8, operatorSets, OperatorSet.encode)
        writer.messages(14, metadata, Property.encode)
        writer.messages(20, training, TrainingInfo.encode)
        writer.messages(25, functions, Function.encode)
        writer.raw(unknownFields)
    }
}

extension OperatorSet {
    func encode(_ writer: inout WireWriter) {
        writer.string(1, domain)
        writer.int(2, version)
        writer.raw(unknownFields)
    }
}

extension Property {
    func encode(_ writer: inout WireWriter) {
        writer.string(1, key)
        writer.string(2, value)
        writer.raw(unknownFields)
    }
}

extension TrainingInfo {
    func encode(_ writer: inout WireWriter) {
        if let initialization { writer.message(1, initialization.encode) }
        if let algorithm { writer.message(2, algorithm.encode) }
        writer.messages(3, initializationBinding, Property.encode)
        writer.messages(4, updateBinding, Property.encode)
        writer.raw(unknownFields)
    }
}

extension Function {
    func encode(_ writer: inout WireWriter) {
        writer.string(1, name)
        writer.strings(4, inputs)
        writer.strings(5, outputs)
        writer.strings(6, attributes)
        writer.messages(7, nodes, Node.encode)
        writer.text(8, documentation)
        writer.messages(9, operatorSets, OperatorSet.encode)
        writer.string(10, domain)
        writer.messages(11, defaults, Attribute.encode)
        writer.messages(12, valueInfo, ValueInfo.encode)
        writer.text(13, overload)
        writer.messages(14, metadata, Property.encode)
        writer.raw(unknownFields)
    }
}
