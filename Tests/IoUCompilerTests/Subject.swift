import IoUGraph

@testable import IoUCompiler

/// Builds small models for the passes and looks at what became of them.
struct Subject {
    var model: Model

    /// A graph over one float input `x` and the outputs that are named.
    init(
        _ nodes: [Node], constants: [TensorLiteral] = [], input: [Dimension] = [1, 8, 6, 5],
        outputs: [String] = ["y"], opset: Int64 = 17
    ) {
        var graph = Graph(name: "subject")
        graph.inputs = [ValueInfo("x", .tensor(.float32, input))]
        graph.outputs = outputs.map { ValueInfo($0) }
        graph.nodes = nodes
        graph.initializers = constants
        model = Model(graph: graph, opset: opset)
    }

    /// The optimized model and the report; checks the graph after every pass and that a second
    /// run changes nothing.
    func optimized(fusing: Bool = false) throws -> (model: Model, report: Report) {
        var compiler = Compiler()
        compiler.fuses = fusing
        compiler.verifiesPasses = true
        let result = try compiler.optimize(model)
        let again = try compiler.optimize(result.model)
        guard again.model == result.model else {
            throw GraphError(.mismatch, "optimizing again changes the result")
        }
        return result
    }

    /// The operators of the optimized model, in order.
    func operators(fusing: Bool = false) throws -> [String] {
        try optimized(fusing: fusing).model.graph.nodes.map(\.type)
    }

    /// Why a rule refused, once for every place.
    func refusals(of rule: String) throws -> [String] {
        try optimized().report.entries.first { $0.name == rule }?.refused.map(\.reason) ?? []
    }
}

extension Node {
    /// A node named after its first output.
    init(
        _ type: String, _ inputs: [String], to output: String, _ attributes: [Attribute] = []
    ) {
        self.init(type, name: output, inputs: inputs, outputs: [output], attributes: attributes)
    }
}

extension TensorLiteral {
    /// Numbers in a fixed disorder.
    static func filled(
        _ name: String, _ dimensions: [Int64], from low: Float = -1, to high: Float = 1
    ) -> TensorLiteral {
        let count = Int(dimensions.reduce(1, *))
        let floats = (0..<count).map { low + (high - low) * Float(($0 * 37 + 11) % 101) / 101 }
        return TensorLiteral(name, floats: floats, dimensions: dimensions)
    }

    static func scalar(_ name: String, _ value: Float) -> TensorLiteral {
        TensorLiteral(name, floats: [value], dimensions: [])
    }
}
