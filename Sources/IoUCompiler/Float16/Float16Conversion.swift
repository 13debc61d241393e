public import IoUGraph

/// Writes models whose weights and values are float16, where that costs no more than rounding.
///
/// What computes features is converted: nodes that convolutions and matrix products depend on. The
/// last products and what is behind them (boxes in pixels, scores), what is computed of shapes and
/// integers, and what ONNX does not allow in float16 stays in float32, with a Cast between.
public struct Float16Conversion: Sendable {
    /// Make the model's inputs and outputs float16 too.
    public var convertsBorder = false

    public init() {}

    /// The first opset in which every operator that is converted takes what it takes today.
    private static let firstOpset: Int64 = 7

    private static let name = "float16"
    private static let summary =
        "what convolutions and matrix products depend on computes in float16"

    /// The converted model; `report` says which nodes compute in float16 and why others do not.
    ///
    /// Throws `.invalidGraph` where the model is not valid, `.unsupported` where it is of 16-bit
    /// floats or quantized already, or has nothing to convert.
    public func convert(_ model: Model, _ report: inout Report) throws(GraphError) -> Model {
        try model.verify()
        let inferred = try model.inferred()
        try refuse(model, inferred)
        let constants = KnownConstants(model)
        let choice = Float16Choice(model, inferred.types, constants)
        guard !choice.converted.isEmpty else { throw nothingToDo(choice) }
        report.declare(Self.name, Self.summary)
        for index in choice.converted.keys.sorted() {
            report.note(Self.name, model.graph.nodes[index].label)
        }
        for refusal in choice.refusals { report.refuse(Self.name, refusal.place, refusal.reason) }
        let values = try Float16Values(
            model, inferred.types, constants, choice, convertsBorder: convertsBorder)
        let result = Float16Writer(model, constants, choice, values).result
        try check(result, knowing: inferred)
        return result
    }

    private func refuse(_ model: Model, _ inferred: InferredValues) throws(GraphError) {
        guard model.opset >= Self.firstOpset else {
            throw GraphError(
                .unsupported,
                "expected a model of opset \(Self.firstOpset) or later, found \(model.opset)")
        }
        try model.refuseQuantized()
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

    private func nothingToDo(_ choice: Float16Choice) -> GraphError {
        let first = choice.refusals.first.map { "; \($0.place): \($0.reason)" } ?? ""
        return GraphError(
            .unsupported,
            "expected convolutions or matrix products of float32 that depend on each other, found none"
                + first)
    }

    /// Types that fitted must fit still.
    private func check(_ result: Model, knowing before: InferredValues) throws(GraphError) {
        try result.verify()
        let known = Set(before.problems.map(\.message))
        let problems = try result.inferred().problems
        if let new = problems.first(where: { !known.contains($0.message) }) { throw new }
    }
}
