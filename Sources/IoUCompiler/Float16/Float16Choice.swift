import IoUGraph

/// Which nodes of a model compute in float16.
struct Float16Choice {
    /// Their numbers in the graph, with their forms.
    private(set) var converted: [Int: Float16Form] = [:]
    /// Nodes with floats that compute in float32 still, in order.
    private(set) var refusals: [Report.Refusal] = []

    private let opset: Int64
    private let types: [String: TypeInfo]
    private let constants: KnownConstants
    private let flow: FeatureFlow
    /// Values that come from a number which float16 lacks, and may be such numbers.
    private var delicate: Set<String> = []
    /// What products of coarse weights make, and functions of that: a Cast between would keep
    /// runtimes from computing the function in the product's store.
    private var ofCoarseWeights: Set<String> = []

    init(_ model: Model, _ types: [String: TypeInfo], _ constants: KnownConstants) {
        opset = model.opset
        (self.types, self.constants) = (types, constants)
        flow = FeatureFlow(model.graph, types, constants)
        for (index, node) in model.graph.nodes.enumerated() {
            let named = (node.inputs + node.outputs).filter { !$0.isEmpty }
            guard node.type != "Constant", named.contains(where: { types[$0].mayBeFloat })
            else { continue }
            if let reason = obstacle(to: node) ?? hazard(of: node) {
                refusals.append(Report.Refusal(place: node.label, reason: reason))
            } else {
                converted[index] = form(of: node)
            }
        }
    }

    private func form(of node: Node) -> Float16Form? {
        node.isStandard ? Float16Form.of(node.type, opset: opset) : nil
    }

    /// Why a node cannot be, or need not be, in float16.
    private func obstacle(to node: Node) -> String? {
        if node.hasGraphs { return "graphs within nodes stay as they are" }
        guard let form = form(of: node) else { return "ONNX does not have it in float16" }
        let outputs = node.outputs.indices.filter { !node.outputs[$0].isEmpty }
        let named = (node.inputs + node.outputs).filter { !$0.isEmpty }
        guard named.allSatisfy({ types[$0]?.element != nil }) else {
            return "types of its inputs and outputs are unknown"
        }
        guard outputs.contains(where: { types[node.outputs[$0]]?.element == .float32 }) else {
            return "it makes no floats"
        }
        guard !outputs.contains(where: form.keepsOutput) else {
            return "ONNX does not have all its outputs in float16"
        }
        if node.combinesScattered {
            return "ONNX Runtime combines scattered values in float32 alone"
        }
        guard flow.dependsOnData(node) else { return "it computes of shapes and integers" }
        guard flow.leads(node) else { return "no product depends on it" }
        return nil
    }

    /// Which number keeps a node in float32; notes what it makes of that.
    private mutating func hazard(of node: Node) -> String? {
        if let input = node.inputs.first(where: delicate.contains) {
            if !node.endsHazards { delicate.formUnion(node.outputs) }
            return "it reads '\(input.shortened)', whose numbers may be none of float16"
        }
        if belongsToCoarseWeights(node) {
            ofCoarseWeights.formUnion(node.outputs)
            return "it is the function of a product in float32"
        }
        for (index, input) in node.inputs.enumerated() where !node.isLimit(index) {
            guard form(of: node)?.keepsInput(index) == false, let tensor = constants[input] else {
                continue
            }
            if let number = tensor.float16Hazard {
                if !node.endsHazards { delicate.formUnion(node.outputs) }
                return "its constant '\(input.shortened)' has \(number)"
            }
            if node.isProduct, index == 1, let weight = tensor.coarseWeight {
                ofCoarseWeights.formUnion(node.outputs)
                return "its weight '\(input.shortened)' has \(weight)"
            }
        }
        return nil
    }

    private func belongsToCoarseWeights(_ node: Node) -> Bool {
        let read = node.inputs.filter { !$0.isEmpty && constants[$0] == nil }
        return node.isActivation && !read.isEmpty && read.allSatisfy(ofCoarseWeights.contains)
    }
}

extension Node {
    /// Whether the node is an activation or a piece of one: x · sigmoid(x) has two.
    fileprivate var isActivation: Bool {
        let types: Set<String> = [
            "Clip", "Elu", "Gelu", "HardSigmoid", "HardSwish", "LeakyRelu", "Mish", "Mul", "PRelu",
            "Relu", "Sigmoid", "Swish", "Tanh",
        ]
        return isStandard && types.contains(type)
    }

    fileprivate var combinesScattered: Bool {
        type.hasPrefix("Scatter") && !["none", nil].contains(text("reduction"))
    }

    /// Whether what the node makes is of a usual size whatever it reads: a quotient, a share.
    fileprivate var endsHazards: Bool {
        let ends: Set<String> = [
            "Div", "Erf", "Exp", "HardSigmoid", "Log", "LogSoftmax", "Mul", "Sigmoid", "Softmax",
            "Tanh",
        ]
        return isProduct || ends.contains(type)
    }

    /// Whether an input is a limit of a Clip: one beyond float16's range is its largest number.
    fileprivate func isLimit(_ input: Int) -> Bool { isStandard && type == "Clip" && input > 0 }
}

extension TypeInfo? {
    /// Whether a value is of floats, or of what is unknown.
    fileprivate var mayBeFloat: Bool {
        guard let type = self else { return true }
        return type.element == nil || type.element == .float32
    }
}
