import IoUGraph

extension Model {
    /// The model with bytes between its operators, as standard QuantizeLinear and DequantizeLinear
    /// nodes.
    ///
    /// Whatever reads a quantized value reads what comes back from its bytes, so that the value itself
    /// need not be stored; outputs stay as they are.
    func quantized(
        _ index: GraphIndex, _ plan: QuantizationPlan, _ parameters: ActivationParameters
    ) -> Model {
        var nodes = QuantizedNodes(self, index, plan, parameters)
        var rewriting = Rewriting(plan: plan)
        for value in plan.quantized where index.inputs.contains(value) {
            rewriting.quantize(value, &nodes)
        }
        for (number, node) in index.nodes.enumerated() {
            rewriting.append(node, plan.roles[number], &nodes)
            for output in node.outputs where plan.isQuantized(output) {
                rewriting.quantize(output, &nodes)
            }
        }
        var model = self
        model.graph.nodes = rewriting.nodes
        model.graph.initializers += nodes.constants
        model.removeUnusedConstants()
        return model
    }

    /// Constants that nothing needs any more; one that is an input too stays.
    private mutating func removeUnusedConstants() {
        let ends = (graph.inputs + graph.outputs).map(\.name)
        let annotated = graph.quantization.flatMap { [$0.tensor] + $0.parameters.map(\.value) }
        let used = Set(allNodes.flatMap { $0.inputs + $0.namesOfOutputsWithin } + ends + annotated)
        graph.initializers.removeAll { !used.contains($0.name) }
    }
}

extension Node {
    fileprivate var namesOfOutputsWithin: [String] {
        attributes.flatMap(\.graphs).flatMap { $0.outputs.map(\.name) }
    }
}

/// The nodes of the new graph, in order.
private struct Rewriting {
    let plan: QuantizationPlan
    private(set) var nodes: [Node] = []
    private var quantized: [String: String] = [:]
    private var dequantized: [String: String] = [:]

    init(plan: QuantizationPlan) {
        self.plan = plan
    }

    mutating func quantize(_ value: String, _ writer: inout QuantizedNodes) {
        guard let pair = writer.pair(for: value, from: value, suffix: "") else { return }
        nodes += pair.nodes
        quantized[value] = pair.quantized
        dequantized[value] = pair.dequantized
    }

    mutating func append(
        _ node: Node, _ role: QuantizationPlan.Role, _ writer: inout QuantizedNodes
    ) {
        var node = node
        if role == .integer(.product) {
            let weights = writer.weightInputs(of: node)
            nodes += weights.nodes
            node.inputs.replaceSubrange(1..., with: weights.inputs)
        }
        // A shape is that of the bytes too: what asks for it needs no floats.
        let names = ["Shape", "Size"].contains(node.type) ? quantized : dequantized
        node.inputs = node.inputs.map { names[$0] ?? $0 }
        nodes.append(node)
    }
}
