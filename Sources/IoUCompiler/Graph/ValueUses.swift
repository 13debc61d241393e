import IoUGraph

/// Which nodes make and use each value of a graph that is rewritten.
struct ValueUses {
    private var producers: [String: NodeID] = [:]
    /// Nodes that are gone or changed may be among them, so that removing one of many users takes
    /// no search.
    private var users: [String: [NodeID]] = [:]
    private var counts: [String: Int] = [:]
    /// What the graphs within nodes use of the one around them, with the number of such nodes.
    private var captures: [String: Int] = [:]

    /// The node that makes a value; nil for inputs and constants.
    func producer(of value: String) -> NodeID? { producers[value] }

    /// All nodes that use a value as an input, and perhaps some that did so once.
    func candidates(for value: String) -> [NodeID] { users[value] ?? [] }

    /// Uses of a value by nodes and by graphs within nodes.
    func count(of value: String) -> Int { (counts[value] ?? 0) + (captures[value] ?? 0) }

    /// Whether a graph within a node uses the value.
    func isCaptured(_ value: String) -> Bool { captures[value] != nil }

    mutating func add(_ node: Node, _ id: NodeID) {
        for input in node.inputs where !input.isEmpty {
            users[input, default: []].append(id)
            counts[input, default: 0] += 1
        }
        for name in node.capturedNames { captures[name, default: 0] += 1 }
        for output in node.outputs where !output.isEmpty { producers[output] = id }
    }

    mutating func remove(_ node: Node, _ id: NodeID) {
        for input in node.inputs where !input.isEmpty { counts[input, default: 0] -= 1 }
        for name in node.capturedNames {
            captures[name] = captures[name].flatMap { $0 > 1 ? $0 - 1 : nil }
        }
        for output in node.outputs where producers[output] == id { producers[output] = nil }
    }

    /// The producer of a value makes another in its place.
    mutating func renameOutput(_ value: String, to other: String) {
        producers[other] = producers.removeValue(forKey: value)
    }

    /// `nodes`, which are all users of a value, use another in its place.
    mutating func redirect(_ nodes: Set<NodeID>, from value: String, to other: String) {
        users[other, default: []] += nodes
        users[value] = nil
        counts[other, default: 0] += counts.removeValue(forKey: value) ?? 0
    }
}

extension Node {
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
