/// Orders in which nodes can be executed: some exporters write others, and runtimes take them.
enum NodeOrder {
    /// The nodes, each behind those that it needs and else where it was. Nil where they are so
    /// already, or where a cycle leaves no order. `known` are values that no node makes.
    static func sorted(_ nodes: [Node], known: Set<String>) -> [Node]? {
        var producers: [String: Int] = [:]
        for (index, node) in nodes.enumerated() {
            for output in node.outputs where !output.isEmpty && !known.contains(output) {
                producers[output] = producers[output] ?? index
            }
        }
        let needs = nodes.map { $0.needs.compactMap { producers[$0] } }
        let isSorted = needs.indices.allSatisfy { index in needs[index].allSatisfy { $0 < index } }
        if isSorted { return nil }
        return order(of: needs)?.map { nodes[$0] }
    }

    private enum State { case unseen, open, done }

    /// Depth first; nil where something needs itself.
    private static func order(of needs: [[Int]]) -> [Int]? {
        var states = needs.map { _ in State.unseen }
        var next = needs.map { _ in 0 }
        var order: [Int] = []
        for first in needs.indices where states[first] == .unseen {
            var stack = [first]
            states[first] = .open
            while let index = stack.last {
                if next[index] == needs[index].count {
                    states[index] = .done
                    order.append(index)
                    stack.removeLast()
                    continue
                }
                let needed = needs[index][next[index]]
                next[index] += 1
                if states[needed] == .open { return nil }
                if states[needed] == .unseen {
                    states[needed] = .open
                    stack.append(needed)
                }
            }
        }
        return order
    }
}

extension Node {
    /// The values that must be there before the node, those that graphs inside take too.
    fileprivate var needs: [String] {
        inputs + attributes.flatMap(\.graphs).flatMap(\.needs)
    }
}

extension Graph {
    /// The values that come from the graphs around it.
    fileprivate var needs: [String] {
        let own = definedWithoutNodes.union(nodes.flatMap(\.outputs))
        return (nodes.flatMap(\.needs) + outputs.map(\.name)).filter { !own.contains($0) }
    }

    private var definedWithoutNodes: Set<String> {
        let names =
            inputs.map(\.name) + initializers.map(\.name)
            + sparseInitializers.compactMap { $0.values?.name }
        return Set(names)
    }

    mutating func sortNodes() {
        guard let sorted = NodeOrder.sorted(nodes, known: definedWithoutNodes) else { return }
        nodes = sorted
        isSorted = true
    }

    /// Itself and those inside whose file has the nodes in an order in which they cannot run.
    var reordered: [Graph] {
        (isSorted ? [self] : [])
            + nodes.flatMap(\.attributes).flatMap(\.graphs).flatMap(\.reordered)
    }
}

extension Function {
    mutating func sortNodes() {
        guard let sorted = NodeOrder.sorted(nodes, known: Set(inputs)) else { return }
        nodes = sorted
        isSorted = true
    }
}

extension Model {
    /// What was sorted when the file was read.
    var orderNotes: [String] {
        let text = "its nodes are in an order in which they cannot run, they are sorted"
        let graphs =
            graph.reordered
            + functions.flatMap { $0.nodes.flatMap(\.attributes).flatMap(\.graphs) }
            .flatMap(\.reordered)
        return graphs.map { "graph '\($0.name.shortened)': \(text)" }
            + functions.filter(\.isSorted).map { "\($0.label): \(text)" }
    }
}
