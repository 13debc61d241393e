import IoUGraph

/// Who makes and who reads the values of a graph, and what is known of them.
struct GraphIndex {
    let nodes: [Node]
    let inputs: Set<String>
    let outputs: Set<String>
    private let producers: [String: Int]
    private let readers: [String: [Int]]
    /// Values that graphs within nodes may read.
    private let captured: Set<String>
    private let constants: [String: TensorLiteral]
    private let types: [String: TypeInfo]

    init(_ model: Model) throws(GraphError) {
        let graph = model.graph
        nodes = graph.nodes
        inputs = Set(graph.inputs.map(\.name))
        outputs = Set(graph.outputs.map(\.name))
        var producers: [String: Int] = [:]
        var readers: [String: [Int]] = [:]
        for (index, node) in nodes.enumerated() {
            for output in node.outputs where !output.isEmpty { producers[output] = index }
            for input in Set(node.inputs) where !input.isEmpty {
                readers[input, default: []].append(index)
            }
        }
        self.producers = producers
        self.readers = readers
        captured = nodes.reduce(into: []) { $0.formUnion($1.namesWithin) }
        // What a caller may override is no constant.
        let overridable = model.isOverridable ? inputs : []
        constants = Dictionary(
            graph.initializers.filter { !overridable.contains($0.name) }.map { ($0.name, $0) },
            uniquingKeysWith: { $1 })
        types = try model.inferred().types
    }

    /// The node that makes a value; nil for inputs and constants.
    func producer(of value: String) -> Int? { producers[value] }

    func readers(of value: String) -> [Int] { readers[value] ?? [] }

    /// Whether one node alone reads the value, and nobody outside of the graph.
    func hasOneReader(_ value: String) -> Bool {
        readers(of: value).count == 1 && !outputs.contains(value) && !captured.contains(value)
    }

    func constant(_ value: String) -> TensorLiteral? { constants[value] }

    /// Whether a value is float32, and no constant.
    func isActivation(_ value: String) -> Bool {
        guard constants[value] == nil, case .tensor(.float32, _) = types[value] else {
            return false
        }
        return true
    }

    func rank(of value: String) -> Int? {
        constants[value]?.dimensions.count ?? types[value]?.dimensions?.count
    }
}

extension Node {
    /// The names that graphs within the node use, those of its own values among them.
    fileprivate var namesWithin: [String] {
        attributes.flatMap(\.graphs).flatMap { graph in
            graph.outputs.map(\.name)
                + graph.nodes.flatMap { $0.inputs + $0.namesWithin }
        }
    }
}
