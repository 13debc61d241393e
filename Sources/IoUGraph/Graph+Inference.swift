import CIoU.Ops

extension Model {
    /// Fills `graph.valueInfo` with the type of every inner value that can be known, with symbols.
    ///
    /// Types come from the runtime's operators. Throws `.invalidGraph` with what does not fit.
    public mutating func inferShapes() throws(GraphError) {
        let inferred = try inferred()
        if let first = inferred.problems.first { throw first }
        let stated = Set((graph.inputs + graph.outputs).map(\.name))
        let made = graph.nodes.flatMap(\.outputs).filter { !$0.isEmpty && !stated.contains($0) }
        graph.valueInfo = made.compactMap { name in
            inferred.types[name].map { ValueInfo(name, $0) }
        }
    }

    /// What the runtime infers of the main graph.
    ///
    /// Throws what keeps it from inferring anything.
    public func inferred() throws(GraphError) -> InferredValues {
        try InferredValues(skeleton.encoded())
    }

    /// The model without its large constants, which become inputs: types need no weights. Constants
    /// whose bytes do not fit become inputs too: `problems()` tells of those.
    private var skeleton: Model {
        var copy = self
        copy.graph.initializers = graph.initializers.filter { !Self.isLeftOut($0) }
        var leftOut = graph.initializers.filter(Self.isLeftOut)
        let inputs = Set(graph.inputs.map(\.name))
        if isOverridable {
            leftOut.removeAll { inputs.contains($0.name) }
        } else {
            let names = Set(leftOut.map(\.name))
            copy.graph.inputs.removeAll { names.contains($0.name) }
        }
        copy.graph.inputs += leftOut.map { ValueInfo($0.name, Self.type(of: $0)) }
        return copy
    }

    private static func type(of tensor: TensorLiteral) -> TypeInfo {
        guard tensor.elementCount != nil else { return .tensor(tensor.type, shape: nil) }
        return .tensor(tensor.type, tensor.dimensions.map { .number($0) })
    }

    private static func isLeftOut(_ tensor: TensorLiteral) -> Bool {
        guard tensor.problem == nil else { return true }
        return switch tensor.content {
        case .bytes(let blob): blob.count > 1024
        case .external: true
        case .strings: false
        }
    }
}

extension Node {
    /// Whether the runtime has an operator.
    public static func runtimeHas(domain: String, type: String) -> Bool {
        iou_op_exists(domain, type)
    }
}
