import IoUGraph

/// Which nodes of a model compute in float16.
struct Float16Choice {
    /// Their numbers in the graph, with their forms.
    private(set) var converted: [Int: Float16Form] = [:]
    /// Nodes with floats that compute in float32 still, in order.
    private(set) var refusals: [Report.Refusal] = []

    init(_ model: Model, _ types: [String: TypeInfo], _ constants: KnownConstants) {
        let flow = FeatureFlow(model.graph, types, constants)
        for (index, node) in model.graph.nodes.enumerated() {
            let named = (node.inputs + node.outputs).filter { !$0.isEmpty }
            guard node.type != "Constant", named.contains(where: { types[$0].mayBeFloat })
            else { continue }
            switch Self.verdict(node, model.opset, types, constants, flow) {
            case .success(let form):
                converted[index] = form
            case .failure(let obstacle):
                refusals.append(Report.Refusal(place: node.label, reason: obstacle.reason))
            }
        }
    }

    /// Why a node stays as it is.
    private struct Obstacle: Error {
        let reason: String
    }

    private static func verdict(
        _ node: Node, _ opset: Int64, _ types: [String: TypeInfo], _ constants: KnownConstants,
        _ flow: FeatureFlow
    ) -> Result<Float16Form, Obstacle> {
        func keep(_ reason: String) -> Result<Float16Form, Obstacle> {
            .failure(Obstacle(reason: reason))
        }
        if node.hasGraphs { return keep("graphs within nodes stay as they are") }
        guard node.isStandard, let form = Float16Form.of(node.type, opset: opset) else {
            return keep("ONNX does not have it in float16")
        }
        let named = (node.inputs + node.outputs).filter { !$0.isEmpty }
        guard named.allSatisfy({ types[$0]?.element != nil }) else {
            return keep("types of its inputs and outputs are unknown")
        }
        guard node.outputs.contains(where: { types[$0]?.element == .float32 }) else {
            return keep("it makes no floats")
        }
        if node.outputs.indices.contains(where: { form.keepsOutput($0) && !node.outputs[$0].isEmpty }) {
            return keep("ONNX does not have all its outputs in float16")
        }
        guard flow.dependsOnData(node) else { return keep("it computes of shapes and integers") }
        guard flow.leads(node) else { return keep("no product depends on it") }
        for (index, input) in node.inputs.enumerated() where !form.keepsInput(index) {
            guard let tensor = constants[input], let problem = tensor.float16Problem,
                !node.isLimit(index)
            else { continue }
            return keep("its constant '\(input.shortened)' has \(problem)")
        }
        return .success(form)
    }
}

extension Node {
    /// Whether an input is a limit of a Clip: one beyond float16's range is its largest number.
    func isLimit(_ input: Int) -> Bool { isStandard && type == "Clip" && input > 0 }
}

extension TypeInfo? {
    /// Whether a value is of floats, or of what is unknown.
    fileprivate var mayBeFloat: Bool {
        guard let type = self else { return true }
        return type.element == nil || type.element == .float32
    }
}
