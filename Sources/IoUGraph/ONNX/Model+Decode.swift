import CONNX

extension Model {
    /// Reads an ONNX file. Weights stay in the file, which must not shrink while the model lives.
    ///
    /// Tensors that the model keeps in other files stay `.external`, or are read from the files of
    /// its folder, by the rule of `docs/library.md`. Throws `.malformed` for a file that the rule
    /// refuses, or that is too short. Symbolic links are refused on demand, the model's own too.
    public init(
        path: String, loadingExternalData: Bool = false, refusingLinks: Bool = false
    ) throws(GraphError) {
        let file = try MappedFile(path: path, refusingLinks: refusingLinks)
        let place = ExternalData.Place(
            path: path, identity: file.identity, refusesLinks: refusingLinks)
        do {
            self = try ModelDecoder.decode(
                Blob(file), externalData: loadingExternalData ? place : nil)
        } catch {
            throw GraphError(error.code, "'\(path)': \(error.message)")
        }
    }

    /// Reads the bytes of an ONNX file.
    public init(decoding bytes: [UInt8]) throws(GraphError) {
        self = try ModelDecoder.decode(Blob(bytes))
    }
}

extension ModelDecoder {
    func model(_ message: Onnx__ModelProto) throws(GraphError) -> Model {
        guard let graph = message.graph else {
            throw GraphError(.malformed, "model has no graph")
        }
        var model = Model(graph: try self.graph(graph.pointee))
        model.irVersion = message.ir_version
        model.operatorSets = try list(
            message.n_opset_import, message.opset_import, operatorSet)
        model.producerName = try text(message.producer_name)
        model.producerVersion = try text(message.producer_version)
        model.domain = try text(message.domain)
        model.modelVersion = message.model_version
        model.documentation = try text(message.doc_string)
        model.metadata = try properties(message.n_metadata_props, message.metadata_props)
        model.training = try list(message.n_training_info, message.training_info, training)
        model.functions = try list(message.n_functions, message.functions, function)
        model.unknownFields =
            opaque(26, message.n_configuration, message.configuration) + unknown(message.base)
        return model
    }

    func properties(
        _ count: Int,
        _ entries: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__StringStringEntryProto>?>?
    ) throws(GraphError) -> [Property] {
        try list(count, entries) { (entry) throws(GraphError) in
            var property = Property(try text(entry.key), try text(entry.value))
            property.unknownFields = unknown(entry.base)
            return property
        }
    }

    private func operatorSet(_ message: Onnx__OperatorSetIdProto) throws(GraphError) -> OperatorSet
    {
        var set = OperatorSet(domain: try text(message.domain), version: message.version)
        set.unknownFields = unknown(message.base)
        return set
    }

    private func training(_ message: Onnx__TrainingInfoProto) throws(GraphError) -> TrainingInfo {
        var info = TrainingInfo()
        if let graph = message.initialization {
            info.initialization = try self.graph(graph.pointee)
        }
        if let graph = message.algorithm { info.algorithm = try self.graph(graph.pointee) }
        info.initializationBinding = try properties(
            message.n_initialization_binding, message.initialization_binding)
        info.updateBinding = try properties(message.n_update_binding, message.update_binding)
        info.unknownFields = unknown(message.base)
        return info
    }

    private func function(_ message: Onnx__FunctionProto) throws(GraphError) -> Function {
        var function = Function(name: try text(message.name), domain: try text(message.domain))
        function.overload = try text(message.overload)
        function.inputs = try texts(message.n_input, message.input)
        function.outputs = try texts(message.n_output, message.output)
        function.attributes = try texts(message.n_attribute, message.attribute)
        function.defaults = try list(
            message.n_attribute_proto, message.attribute_proto, attribute)
        function.nodes = try list(message.n_node, message.node, node)
        function.operatorSets = try list(
            message.n_opset_import, message.opset_import, operatorSet)
        function.valueInfo = try list(message.n_value_info, message.value_info, valueInfo)
        function.documentation = try text(message.doc_string)
        function.metadata = try properties(message.n_metadata_props, message.metadata_props)
        function.unknownFields = unknown(message.base)
        function.sortNodes()
        return function
    }
}
