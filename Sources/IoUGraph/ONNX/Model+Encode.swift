extension Model {
    /// The bytes of the ONNX file. Equal models give equal bytes.
    public func encoded() -> [UInt8] { onnx.bytes }

    /// Writes the ONNX file, which appears under its name only when it is complete.
    ///
    /// Throws `.inputOutput` when the system refuses, `.limit` beyond the 2 GiB that readers of
    /// ONNX take.
    public func write(to path: String) throws(GraphError) {
        try write(to: path) { (_) throws(GraphError) in }
    }

    /// The same for a file that `check` has to take first, under the name that it is given; where
    /// it throws, nothing appears.
    public func write(
        to path: String, checking check: (String) throws(GraphError) -> Void
    ) throws(GraphError) {
        let writer = onnx
        guard writer.count <= Int(Int32.max) else {
            throw GraphError(.limit, "model has \(writer.count) bytes; an ONNX file holds 2 GiB")
        }
        let file = try AtomicFile(path: path)
        try writer.forEachChunk { (chunk) throws(GraphError) in try file.write(chunk) }
        try check(file.draft)
        try file.commit()
    }

    private var onnx: WireWriter {
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
