package import IoUGraph

extension Model {
    /// Throws `.unsupported` where the model, or a graph within it, computes with quantized numbers.
    package func refuseQuantized() throws(GraphError) {
        if let node = allNodes.first(where: \.isQuantized) {
            throw GraphError(
                .unsupported,
                "\(node.label): expected a model of floats, found one that is quantized already")
        }
    }
}

extension Node {
    /// Whether the node makes, takes or computes with quantized numbers.
    fileprivate var isQuantized: Bool {
        type.hasPrefix("QLinear") || type == "QGemm" || type.hasSuffix("Integer")
            || ["QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"].contains(type)
    }
}
