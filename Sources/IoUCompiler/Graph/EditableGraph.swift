import IoUGraph

/// A node's number in an `EditableGraph`; numbers are never used again.
typealias NodeID = Int

/// A graph while it is rewritten: who makes and who uses each value, and what is known of it.
///
/// Nodes stand in slots, in an order in which they can be executed; what replaces a node stands in
/// its slot. Values keep their names.
struct EditableGraph {
    /// Version of ONNX's own operators.
    let opset: Int64
    /// Types and known elements; what was added since is missing.
    var facts = InferredValues()
    /// Inputs, outputs and all else that rewriting leaves alone.
    private let frame: Graph
    private var storage: [Node?] = []
    private var slots: [[NodeID]] = []
    private var slotOf: [Int] = []
    private var makers: [String: NodeID] = [:]
    /// Nodes by what they use, nodes that are gone or changed may be among
    /// them, so that removing one of many users takes no search.
    private var users: [String: [NodeID]] = [:]
    private var useCounts: [String: Int] = [:]
    private var constantOrder: [String] = []
    private var constants: [String: TensorLiteral] = [:]
    private let fixedConstants: Set<String>
    private let outputNames: Set<String>
    private let inputNames: Set<String>
    /// What the graphs within nodes use of this one, with the number of such nodes.
    private var captures: [String: Int] = [:]
    private var names: Set<String>

    init(_ model: Model) {
        let graph = model.graph
        opset = model.opset
        frame = graph
        outputNames = Set(graph.outputs.map(\.name))
        inputNames = Set(graph.inputs.map(\.name))
        // From IR version 4 on, a caller may override a constant that is also an input.
        fixedConstants = model.irVersion >= 4 ? inputNames : []
        names = inputNames
        for tensor in graph.initializers { add(constant: tensor) }
        for sparse in graph.sparseInitializers { names.insert(sparse.values?.name ?? "") }
        for node in graph.nodes {
            slots.append([])
            add(node, slot: slots.count - 1)
        }
    }

    /// The graph as it is now.
    var graph: Graph {
        var result = frame
        result.nodes = ids.compactMap { storage[$0] }
        result.initializers = constantOrder.compactMap { constants[$0] }
        // An input that only gave a constant its type goes with it.
        let gone = Set(frame.initializers.map(\.name)).subtracting(constants.keys)
        result.inputs.removeAll { gone.contains($0.name) && !fixedConstants.contains($0.name) }
        return result
    }
}

// MARK: - Looking

extension EditableGraph {
    /// The nodes in order.
    var ids: [NodeID] { slots.flatMap { $0 } }

    /// The node, if it is still there.
    func node(_ id: NodeID) -> Node? { storage[id] }

    /// The node that makes a value; nil for inputs and constants.
    func maker(of value: String) -> NodeID? { makers[value] }

    /// The nodes that use a value.
    func users(of value: String) -> Set<NodeID> {
        Set(users[value] ?? []).filter { storage[$0]?.inputs.contains(value) == true }
    }

    /// Uses of a value, by nodes, as outputs of the graph and by graphs within nodes.
    func useCount(of value: String) -> Int {
        (useCounts[value] ?? 0) + (outputNames.contains(value) ? 1 : 0) + (captures[value] ?? 0)
    }

    /// A constant that no caller can override.
    func constant(_ name: String) -> TensorLiteral? {
        fixedConstants.contains(name) ? nil : constants[name]
    }

    func isOutput(_ value: String) -> Bool { outputNames.contains(value) }

    /// Whether a graph within a node uses the value.
    func isCaptured(_ value: String) -> Bool { captures[value] != nil }

    /// The names of all constants, in order.
    var constantNames: [String] { constantOrder.filter { constants[$0] != nil } }

    /// A name that nothing has: `base`, or `base.2`, `base.3` …
    func freshName(_ base: String) -> String {
        if !names.contains(base) { return base }
        // Numbers are given in order: the first free one is found by halving.
        var (taken, free) = (1, 2)
        while names.contains("\(base).\(free)") { (taken, free) = (free, free * 2) }
        while free - taken > 1 {
            let middle = (taken + free) / 2
            if names.contains("\(base).\(middle)") { taken = middle } else { free = middle }
        }
        return "\(base).\(free)"
    }

    /// Element type of a value, if known.
    func elementType(of value: String) -> ElementType? {
        if let tensor = constants[value] { return tensor.type }
        if case .tensor(let element, _) = facts.types[value] { return element }
        return nil
    }

    /// Extents of a value, if its rank is known.
    func dimensions(of value: String) -> [Dimension]? {
        if let tensor = constants[value] { return tensor.dimensions.map { .number($0) } }
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
    private mutating func add(_ node: Node, slot: Int) {
        let id = storage.count
        storage.append(node)
        slotOf.append(slot)
        slots[slot].append(id)
        for input in node.inputs where !input.isEmpty {
            users[input, default: []].append(id)
            useCounts[input, default: 0] += 1
        }
        for name in node.capturedNames { captures[name, default: 0] += 1 }
        for output in node.outputs where !output.isEmpty {
            makers[output] = id
            names.insert(output)
        }
    }

    private mutating func add(constant tensor: TensorLiteral) {
        constantOrder.append(tensor.name)
        constants[tensor.name] = tensor
        names.insert(tensor.name)
    }

    private mutating func remove(_ id: NodeID) {
        guard let node = storage[id] else { return }
        storage[id] = nil
        slots[slotOf[id]].removeAll { $0 == id }
        for input in node.inputs where !input.isEmpty { useCounts[input, default: 0] -= 1 }
        for name in node.capturedNames {
            captures[name] = captures[name].flatMap { $0 > 1 ? $0 - 1 : nil }
        }
        for output in node.outputs where makers[output] == id { makers[output] = nil }
    }

    /// Applies what a rule answered for the node `root`, and removes what nobody uses any more.
    /// Gives the numbers of the new nodes.
    @discardableResult
    mutating func apply(_ patch: Patch, at root: NodeID) -> [NodeID] {
        guard let old = storage[root] else { return [] }
        let slot = slotOf[root]
        for tensor in patch.constants { add(constant: tensor) }
        remove(root)
        let first = storage.count
        for node in patch.nodes { add(node, slot: slot) }
        for (value, other) in patch.replacements { replace(value, by: other) }
        removeUnused(makersOf: old.inputs)
        return Array(first..<storage.count)
    }

    /// Whether every use of a value can become a use of another that exists at those places.
    func canReplace(_ value: String, by other: String) -> Bool {
        if isCaptured(value) || value == other { return false }
        guard isOutput(value) else { return true }
        // The output's name must stay: then the other value takes that name.
        return makers[other] != nil && !isOutput(other) && !isCaptured(other)
    }

    /// Makes every use of a constant a use of another; `canReplace` must hold.
    mutating func replaceUses(of constant: String, by other: String) {
        redirect(constant, to: other)
    }

    /// Makes every use of a value a use of another; `canReplace` must hold.
    private mutating func replace(_ value: String, by other: String) {
        guard isOutput(value) else { return redirect(value, to: other) }
        guard let maker = makers[other] else { return }
        makers[other] = nil
        edit(maker) { node in node.outputs.rename(other, to: value) }
        makers[value] = maker
        redirect(other, to: value)
    }

    private mutating func redirect(_ value: String, to other: String) {
        for id in users(of: value) {
            edit(id) { node in node.inputs.rename(value, to: other) }
            users[other, default: []].append(id)
        }
        users[value] = nil
        useCounts[other, default: 0] += useCounts.removeValue(forKey: value) ?? 0
    }

    private mutating func edit(_ id: NodeID, _ change: (inout Node) -> Void) {
        guard var node = storage[id] else { return }
        change(&node)
        storage[id] = node
    }

    /// Removes the makers of values that are not used, and theirs.
    private mutating func removeUnused(makersOf values: [String]) {
        var pending = values
        while let value = pending.popLast() {
            guard let id = makers[value], let node = storage[id], isUnused(node) else { continue }
            remove(id)
            pending += node.inputs
        }
    }

    private func isUnused(_ node: Node) -> Bool {
        node.outputs.allSatisfy { $0.isEmpty || useCount(of: $0) == 0 }
    }

    /// Removes every node and constant that nothing needs; gives the labels of the nodes.
    mutating func removeDead() -> [String] {
        var labels: [String] = []
        for id in ids.reversed() {
            guard let node = storage[id], isUnused(node) else { continue }
            labels.append(node.label)
            remove(id)
        }
        let quantized = Set(
            frame.quantization.flatMap { [$0.tensor] + $0.parameters.map(\.value) })
        for name in constantOrder where useCount(of: name) == 0 && !quantized.contains(name) {
            if fixedConstants.contains(name) { continue }
            constants[name] = nil
        }
        constantOrder.removeAll { constants[$0] == nil }
        return labels.reversed()
    }
}

extension Model {
    /// The version of ONNX's own operators that the model imports; 1 when it says nothing.
    var opset: Int64 {
        operatorSets.first { $0.domain.isEmpty || $0.domain == "ai.onnx" }?.version ?? 1
    }
}

extension [String] {
    fileprivate mutating func rename(_ name: String, to other: String) {
        for index in indices where self[index] == name { self[index] = other }
    }
}

extension Node {
    /// Whether the operator is one of ONNX's own.
    var isStandard: Bool { domain.isEmpty || domain == "ai.onnx" }

    /// Names that the graphs within the node use and do not define.
    var capturedNames: Set<String> {
        attributes.reduce(into: []) { names, attribute in
            for graph in attribute.graphs { names.formUnion(graph.freeNames) }
        }
    }
}

extension Graph {
    /// Names that the graph uses and does not define.
    fileprivate var freeNames: Set<String> {
        var defined = Set(inputs.map(\.name)).union(initializers.map(\.name))
        var free: Set<String> = []
        for node in nodes {
            free.formUnion(node.inputs.filter { !$0.isEmpty && !defined.contains($0) })
            free.formUnion(node.capturedNames.subtracting(defined))
            defined.formUnion(node.outputs)
        }
        free.formUnion(outputs.map(\.name).filter { !defined.contains($0) })
        return free
    }
}
