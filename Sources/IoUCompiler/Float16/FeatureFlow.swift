import IoUGraph

/// Which values of a graph are features: computed of the model's inputs, and needed for products.
struct FeatureFlow {
    /// Floats that depend on the data that a caller feeds, not on its shape alone.
    private var data: Set<String> = []
    /// Floats that a convolution or matrix product depends on.
    private var leading: Set<String> = []

    init(_ graph: Graph, _ types: [String: TypeInfo], _ constants: KnownConstants) {
        let isFloat = { (name: String) in types[name]?.element == .float32 }
        let inputs = graph.inputs.map(\.name)
        data = Set(inputs.filter { isFloat($0) && constants[$0] == nil })
        for node in graph.nodes where node.isProduct || node.hasGraphs || readsData(node, types) {
            data.formUnion(node.outputs.filter(isFloat))
        }
        for node in graph.nodes.reversed() where node.isProduct || leads(node) {
            leading.formUnion(node.featureInputs.filter(isFloat))
        }
    }

    /// Whether a node computes of data: numbers of a picture, not of a shape.
    func dependsOnData(_ node: Node) -> Bool { node.outputs.contains { data.contains($0) } }

    /// Whether a product depends on the node.
    func leads(_ node: Node) -> Bool { node.outputs.contains { leading.contains($0) } }

    private func readsData(_ node: Node, _ types: [String: TypeInfo]) -> Bool {
        node.inputs.contains { name in
            if data.contains(name) { return true }
            // Wider integers count things, or are numbers of classes and boxes.
            let small: [ElementType?] = [.uint8, .int8, .bool]
            return node.type == "Cast" && small.contains(types[name]?.element)
        }
    }
}

extension Node {
    private static let products: Set<String> = [
        "Attention", "Conv", "ConvTranspose", "DeformConv", "Einsum", "GRU", "Gemm", "LSTM",
        "MatMul", "RNN",
    ]

    /// Inputs that say where to look, not what is there: pixels need more digits than float16 has.
    private static let positions: [String: Set<Int>] = [
        "GridSample": [1], "MaxRoiPool": [1], "Resize": [1, 2], "RoiAlign": [1], "Upsample": [1],
    ]

    /// Whether the node is of the operators that most of a network's time and weights are in.
    var isProduct: Bool { isStandard && Self.products.contains(type) }

    var hasGraphs: Bool { attributes.contains { !$0.graphs.isEmpty } }

    /// What the node reads as values, those of graphs within it included.
    fileprivate var featureInputs: [String] {
        let positions = isStandard ? Self.positions[type] ?? [] : []
        let own = inputs.enumerated().filter { !positions.contains($0.offset) }.map(\.element)
        return own + capturedNames
    }
}
