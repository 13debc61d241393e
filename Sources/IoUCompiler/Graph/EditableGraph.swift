import IoUGraph

/// A graph while it is rewritten: who makes and who uses each value, and what is known of it.
///
/// Values keep their names.
struct EditableGraph {
    /// Version of ONNX's own operators.
    let opset: Int64
    /// Types and known elements; what was added since is missing.
    var facts = InferredValues()
    /// Inputs, outputs and all else that rewriting leaves alone.
    private let frame: Graph
    private let outputNames: Set<String>
    private var nodes = NodeSlots()
    private var uses = ValueUses()
    private var constants: ConstantTable
    private var names: UsedNames

    init(_ model: Model) {
        let graph = model.graph
        opset = model.opset
        frame = graph
        outputNames = Set(graph.outputs.map(\.name))
        let inputNames = Set(graph.inputs.map(\.name))
        constants = ConstantTable(overridable: model.isOverridable ? inputNames : [])
        names = UsedNames(inputNames)
        for tensor in graph.initializers { add(constant: tensor) }
        for sparse in graph.sparseInitializers { names.insert(sparse.values?.name ?? "") }
        for node in graph.nodes { register(node, nodes.append(node)) }
    }

    /// The graph as it is now.
    var graph: Graph {
        var result = frame
        result.nodes = ids.compactMap { nodes[$0] }
        result.initializers = constants.all
        // An input that only gave a constant its type goes with it.
        let gone = Set(frame.initializers.map(\.name)).subtracting(constants.names)
        result.inputs.removeAll { gone.contains($0.name) && !constants.isOverridable($0.name) }
        return result
    }
}

// MARK: - Looking

extension EditableGraph {
    /// The nodes in order.
    var ids: [NodeID] { nodes.ids }

    /// The node, if it is still there.
    func node(_ id: NodeID) -> Node? { nodes[id] }

    /// The node that makes a value; nil for inputs and constants.
    func producer(of value: String) -> NodeID? { uses.producer(of: value) }

    /// The nodes that use a value.
    func users(of value: String) -> Set<NodeID> {
        Set(uses.candidates(for: value)).filter { nodes[$0]?.inputs.contains(value) == true }
    }

    /// Uses of a value, by nodes, as outputs of the graph and by graphs within nodes.
    func useCount(of value: String) -> Int {
        uses.count(of: value) + (outputNames.contains(value) ? 1 : 0)
    }

    /// A constant that no caller can override.
    func constant(_ name: String) -> TensorLiteral? {
        constants.isOverridable(name) ? nil : constants[name]
    }

    /// The names of all constants, in order.
    var constantNames: [String] { constants.names }

    func isOutput(_ value: String) -> Bool { outputNames.contains(value) }

    /// Whether a graph within a node uses the value.
    func isCaptured(_ value: String) -> Bool { uses.isCaptured(value) }

    /// A name that nothing has: `base`, or `base.2`, `base.3` …
    func freshName(_ base: String) -> String { names.fresh(base) }

    /// Element type of a value, if known.
    func elementType(of value: String) -> ElementType? {
        if let tensor = constants[value] { return tensor.type }
        return facts.types[value]?.element
    }

    /// Whether a value may be a tensor of numbers: what the runtime can give.
    func mayHoldNumbers(_ value: String) -> Bool {
        switch facts.types[value] {
        case .tensor(.string, _), .sequence, .optional: false
        default: true
        }
    }

    /// Extents of a value, if its rank is known.
    func dimensions(of value: String) -> [Dimension]? {
        if let tensor = constant(value) { return tensor.dimensions.map { .number($0) } }
        return facts.types[value]?.dimensions
    }

    /// Whether a tensor of one element leaves the shape of a value as it is; false where its rank
    /// would have to be known for that, and is not.
    func broadcasts(_ tensor: TensorLiteral, to value: String) -> Bool {
        tensor.dimensions.count <= (dimensions(of: value)?.count ?? 0)
    }
}

// MARK: - Changing

extension EditableGraph {
    /// Applies what a rule returned for the node `root`, and removes what nobody uses any more.
    /// Gives the numbers of the new nodes.
    @discardableResult
    mutating func apply(_ patch: Patch, at root: NodeID) -> [NodeID] {
        guard let old = nodes[root] else { return [] }
        for tensor in patch.constants { add(constant: tensor) }
        remove(root)
        let first = nodes.nextID
        for node in patch.nodes { register(node, nodes.insert(node, inSlotOf: root)) }
        for (value, other) in patch.replacements { replace(value, by: other) }
        removeUnused(producersOf: old.inputs)
        return Array(first..<nodes.nextID)
    }

    /// Whether every use of a value can become a use of another that exists at those places.
    func canReplace(_ value: String, by other: String) -> Bool {
        if isCaptured(value) || value == other { return false }
        guard isOutput(value) else { return true }
        // The output's name must stay: then the other value takes that name.
        return producer(of: other) != nil && !isOutput(other) && !isCaptured(other)
    }

    /// Makes every use of a constant a use of another; `canReplace` must hold.
    mutating func replaceUses(of constant: String, by other: String) {
        redirect(constant, to: other)
    }

    /// Removes every node and constant that nothing needs; gives the labels of the nodes.
    mutating func removeDead() -> [String] {
        var labels: [String] = []
        for id in ids.reversed() {
            guard let node = nodes[id], isUnused(node) else { continue }
            labels.append(node.label)
            remove(id)
        }
        let quantized = Set(
            frame.quantization.flatMap { [$0.tensor] + $0.parameters.map(\.value) })
        let unused = constants.names.filter {
            useCount(of: $0) == 0 && !quantized.contains($0) && !constants.isOverridable($0)
        }
        constants.remove(Set(unused))
        return labels.reversed()
    }

    private mutating func register(_ node: Node, _ id: NodeID) {
        uses.add(node, id)
        for output in node.outputs where !output.isEmpty { names.insert(output) }
    }

    private mutating func add(constant tensor: TensorLiteral) {
        constants.add(tensor)
        names.insert(tensor.name)
    }

    private mutating func remove(_ id: NodeID) {
        guard let node = nodes[id] else { return }
        nodes.remove(id)
        uses.remove(node, id)
    }

    /// Makes every use of a value a use of another; `canReplace` must hold.
    private mutating func replace(_ value: String, by other: String) {
        guard isOutput(value) else { return redirect(value, to: other) }
        guard let producer = producer(of: other) else { return }
        nodes.edit(producer) { $0.outputs.rename(other, to: value) }
        uses.renameOutput(other, to: value)
        redirect(other, to: value)
    }

    private mutating func redirect(_ value: String, to other: String) {
        let users = users(of: value)
        for id in users { nodes.edit(id) { $0.inputs.rename(value, to: other) } }
        uses.redirect(users, from: value, to: other)
    }

    /// Removes the producers of values that are not used, and theirs.
    private mutating func removeUnused(producersOf values: [String]) {
        var pending = values
        while let value = pending.popLast() {
            guard let id = producer(of: value), let node = nodes[id], isUnused(node) else {
                continue
            }
            remove(id)
            pending += node.inputs
        }
    }

    private func isUnused(_ node: Node) -> Bool {
        node.outputs.allSatisfy { $0.isEmpty || useCount(of: $0) == 0 }
    }
}

extension [String] {
    fileprivate mutating func rename(_ name: String, to other: String) {
        for index in indices where self[index] == name { self[index] = other }
    }
}
