import IoUGraph

/// A place of a graph where a pattern matches.
struct Match {
    let graph: EditableGraph
    /// The node that the pattern ends in.
    let root: NodeID
    private var nodes: [String: NodeID] = [:]
    private var values: [String: String] = [:]
    /// Nodes of the pattern that others must not use.
    private var inner: Set<NodeID> = []

    private init(graph: EditableGraph, root: NodeID) {
        self.graph = graph
        self.root = root
    }

    /// The node of the pattern's operator `name`.
    func node(_ name: String) -> Node {
        guard let id = nodes[name], let node = graph.node(id) else {
            preconditionFailure("the pattern has no operator '\(name)'")
        }
        return node
    }

    /// Whether the pattern has the operator `name`.
    func has(_ name: String) -> Bool { nodes[name] != nil }

    /// The graph's name of the pattern's value `name`.
    func value(_ name: String) -> String {
        guard let value = values[name] else {
            preconditionFailure("the pattern has no value '\(name)'")
        }
        return value
    }

    /// The pattern's constant `name`.
    func constant(_ name: String) -> TensorLiteral {
        guard let tensor = graph.constant(value(name)) else {
            preconditionFailure("the pattern has no constant '\(name)'")
        }
        return tensor
    }

    /// A value of the pattern that is used outside of it, though the rule would remove its producer.
    var sharedValue: String? {
        let matched = inner.union([root])
        for id in inner.sorted() where id != root {
            for output in graph.node(id)?.outputs ?? [] where !output.isEmpty {
                let others = graph.users(of: output).contains { !matched.contains($0) }
                if others || graph.isOutput(output) || graph.isCaptured(output) { return output }
            }
        }
        return nil
    }
}

extension Match {
    /// The first way in which a pattern matches at a node.
    static func find(_ pattern: Pattern, at root: NodeID, in graph: EditableGraph) -> Match? {
        guard case .operation(let operation) = pattern,
            let type = graph.node(root)?.type, operation.types.contains(type)
        else { return nil }
        let empty = Match(graph: graph, root: root)
        return empty.matching(operation, root).first
    }

    private func matching(_ operation: Pattern.Operation, _ id: NodeID) -> [Match] {
        guard let node = graph.node(id), node.isStandard, operation.types.contains(node.type),
            node.inputs.count >= operation.inputs.count
        else { return [] }
        if let known = nodes[operation.name] { return known == id ? [self] : [] }
        var next = self
        next.nodes[operation.name] = id
        if !operation.mayBeShared { next.inner.insert(id) }
        let straight = next.matching(operation.inputs, node.inputs)
        guard operation.isCommutative, node.inputs.count == 2 else { return straight }
        return straight + next.matching(operation.inputs, node.inputs.reversed())
    }

    private func matching(_ patterns: [Pattern], _ inputs: [String]) -> [Match] {
        zip(patterns, inputs).reduce([self]) { matches, pair in
            matches.flatMap { $0.matching(pair.0, pair.1, beside: inputs) }
        }
    }

    private func matching(
        _ pattern: Pattern, _ value: String, beside inputs: [String]
    ) -> [Match] {
        switch pattern {
        case .value(let name):
            return value.isEmpty ? [] : binding(name, value)
        case .constant(let name):
            return graph.constant(value) == nil ? [] : binding(name, value)
        case .number(let number):
            guard let tensor = graph.constant(value), let found = tensor.singleNumber,
                abs(found - number) <= 1e-6 * max(1, abs(number)),
                inputs.contains(where: { $0 != value && graph.broadcasts(tensor, to: $0) })
            else { return [] }
            return [self]
        case .operation(let operation):
            guard let id = graph.producer(of: value), graph.node(id)?.outputs.first == value else {
                return []
            }
            return matching(operation, id)
        }
    }

    private func binding(_ name: String, _ value: String) -> [Match] {
        if let known = values[name] { return known == value ? [self] : [] }
        var next = self
        next.values[name] = value
        return [next]
    }
}
