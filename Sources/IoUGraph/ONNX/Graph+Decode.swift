import CONNX

extension ModelDecoder {
    func graph(_ message: Onnx__GraphProto) throws(GraphError) -> Graph {
        var graph = Graph(name: try text(message.name))
        graph.inputs = try list(message.n_input, message.input, input)
        graph.outputs = try list(message.n_output, message.output, valueInfo)
        graph.nodes = try list(message.n_node, message.node, node)
        graph.initializers = try list(message.n_initializer, message.initializer, tensor)
        graph.sparseInitializers = try list(
            message.n_sparse_initializer, message.sparse_initializer, sparseTensor)
        graph.valueInfo = try list(message.n_value_info, message.value_info, valueInfo)
        graph.quantization = try list(
            message.n_quantization_annotation, message.quantization_annotation, quantization)
        graph.documentation = try text(message.doc_string)
        graph.metadata = try properties(message.n_metadata_props, message.metadata_props)
        graph.unknownFields = unknown(message.base)
        graph.sortNodes()
        return graph
    }

    func node(_ message: Onnx__NodeProto) throws(GraphError) -> Node {
        var node = Node(
            try text(message.op_type), name: try text(message.name),
            inputs: try texts(message.n_input, message.input),
            outputs: try texts(message.n_output, message.output))
        do throws(GraphError) {
            node.attributes = try list(message.n_attribute, message.attribute, attribute)
        } catch {
            // One inside a graph that the node holds is named already.
            if error.code != .invalidGraph || error.message.hasPrefix("node ") { throw error }
            throw GraphError(error.code, "\(node.label): \(error.message)")
        }
        node.domain = try text(message.domain)
        node.overload = try text(message.overload)
        node.documentation = try text(message.doc_string)
        node.metadata = try properties(message.n_metadata_props, message.metadata_props)
        node.unknownFields =
            opaque(10, message.n_device_configurations, message.device_configurations)
            + unknown(message.base)
        return node
    }

    func valueInfo(_ message: Onnx__ValueInfoProto) throws(GraphError) -> ValueInfo {
        var info = ValueInfo(try text(message.name))
        if let type = message.type { info.type = try self.type(type) }
        info.documentation = try text(message.doc_string)
        info.metadata = try properties(message.n_metadata_props, message.metadata_props)
        info.unknownFields = unknown(message.base)
        return info
    }

    private func input(_ message: Onnx__ValueInfoProto) throws(GraphError) -> ValueInfo {
        var info = try valueInfo(message)
        if case .tensor(let element, var shape?) = info.type?.type {
            shape.dimensions = shape.dimensions.map(\.ofInput)
            info.type?.type = .tensor(element, shape: shape)
        }
        return info
    }

    private func quantization(
        _ message: Onnx__TensorAnnotation
    ) throws(GraphError) -> QuantizationAnnotation {
        var annotation = QuantizationAnnotation(
            tensor: try text(message.tensor_name),
            parameters: try properties(
                message.n_quant_parameter_tensor_names, message.quant_parameter_tensor_names))
        annotation.unknownFields = unknown(message.base)
        return annotation
    }
}
