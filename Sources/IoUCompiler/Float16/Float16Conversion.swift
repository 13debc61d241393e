public import IoUGraph

/// Writes models whose weights and values are float16, where that costs no more than rounding.
///
/// What computes features is converted: nodes from the model's inputs to its last convolutions and
/// matrix products. What is behind those (boxes in pixels, scores), what is computed of shapes and
/// integers, and what ONNX does not allow in float16 stays in float32, with a Cast between.
public struct Float16Conversion: Sendable {
    /// Make the model's inputs and outputs float16 too.
    public var convertsBorder = false

    public init() {}

    /// The first opset in which every operator that is converted takes what it takes today.
    private static let firstOpset: Int64 = 7

    /// The converted model, and which nodes stayed as they were.
    ///
    /// Throws `.invalidGraph` where the model is not valid, `.unsupported` where it is of 16-bit
    /// floats or quantized already, or has nothing to convert.
    public func convert(
        _ model: Model
    ) throws(GraphError) -> (model: Model, report: Float16Report) {
        try model.verify()
        let inferred = try model.inferred()
        try refuse(model, inferred)
        let constants = KnownConstants(model)
        let choice = Float16Choice(model, inferred.types, constants)
        guard !choice.converted.isEmpty else { throw nothingToDo(choice.report) }
        let values = try Float16Values(
            model, inferred.types, constants, choice, convertsBorder: convertsBorder)
        let result = Float16Writer(model, constants, choice, values).result
        try check(result, knowing: inferred)
        return (result, choice.report)
    }

    private func refuse(_ model: Model, _ inferred: InferredValues) throws(GraphError) {
        guard model.opset >= Self.firstOpset else {
            throw GraphError(
                .unsupported,
                "expected a model of opset \(Self.firstOpset) or later, found \(model.opset)")
        }
        if let node = model.allNodes.first(where: \.isQuantizing) {
            throw GraphError(
                .unsupported, "\(node.label): expected a model of float32, found a quantized one")
        }
        let stored = model.allTensors.map { ($0.name, $0.type) }
        let computed = model.graph.nodes.flatMap(\.outputs).compactMap { name in
            inferred.types[name]?.element.map { (name, $0) }
        }
        for (name, type) in stored + computed where type == .float16 || type == .bfloat16 {
            throw GraphError(
                .unsupported,
                "'\(name.isEmpty ? "a constant" : name)': expected a model of float32, found "
                    + (type == .float16 ? "float16" : "bfloat16"))
        }
    }

    private func nothingToDo(_ report: Float16Report) -> GraphError {
        let first = report.kept.first.map { "; \($0.place): \($0.reason)" } ?? ""
        return GraphError(
            .unsupported, "expected a convolution or matrix product of float32, found none\(first)")
    }

    /// Types that fitted must fit still.
    private func check(_ result: Model, knowing before: InferredValues) throws(GraphError) {
        try result.verify()
        let known = Set(before.problems.map(\.message))
        let problems = try result.inferred().problems
        if let new = problems.first(where: { !known.contains($0.message) }) { throw new }
    }
}

/// What a conversion to float16 did.
public struct Float16Report: Sendable {
    /// A node that computes in float32 still.
    public struct Kept: Hashable, Sendable {
        /// The label of the node.
        public let place: String
        public let reason: String
    }

    /// Labels of the nodes that compute in float16, in order.
    public internal(set) var converted: [String] = []
    /// In order; nodes without floats are not among them.
    public internal(set) var kept: [Kept] = []
}

extension Node {
    /// Whether the node makes or reads quantized values.
    fileprivate var isQuantizing: Bool {
        type.hasPrefix("QLinear") || type == "QGemm"
            || [
                "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear", "ConvInteger",
                "MatMulInteger",
            ].contains(type)
    }
}
