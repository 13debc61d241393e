import IoUGraph

/// The constants of a model that no caller can override: initializers, and tensors of Constant nodes.
struct KnownConstants {
    private var tensors: [String: TensorLiteral] = [:]

    init(_ model: Model) {
        let inputs = Set(model.graph.inputs.map(\.name))
        for tensor in model.graph.initializers
        where !(model.isOverridable && inputs.contains(tensor.name)) {
            tensors[tensor.name] = tensor
        }
        for node in model.graph.nodes where node.isStandard && node.type == "Constant" {
            guard let output = node.outputs.first, let tensor = node.constantValue(named: output)
            else { continue }
            tensors[output] = tensor
        }
    }

    subscript(name: String) -> TensorLiteral? { tensors[name] }
}
