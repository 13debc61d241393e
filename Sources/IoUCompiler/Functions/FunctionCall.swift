import IoUGraph

/// One call of a function, to be replaced by the function's nodes.
struct FunctionCall {
    let node: Node
    let function: Function
    /// Before every name of the function's own.
    let prefix: String

    /// The function's nodes with the names and attributes of the call.
    var nodes: [Node] {
        let renamed = names
        return function.nodes.map { instance(of: $0, renamed) }
    }

    /// What each name of the function is called in the graph.
    private var names: [String: String] {
        var names: [String: String] = [:]
        for name in function.nodes.flatMap(\.outputs) where !name.isEmpty {
            names[name] = prefix + name
        }
        for (index, name) in function.outputs.enumerated() where index < node.outputs.count {
            // An output that nobody wants keeps a name of its own: the body may use it.
            if !node.outputs[index].isEmpty { names[name] = node.outputs[index] }
        }
        for (index, name) in function.inputs.enumerated() {
            names[name] = index < node.inputs.count ? node.inputs[index] : ""
        }
        return names
    }

    private func instance(of inner: Node, _ names: [String: String]) -> Node {
        var result = inner
        result.name = prefix + (inner.name.isEmpty ? inner.outputs.first ?? "" : inner.name)
        result.inputs = inner.inputs.map { names[$0] ?? $0 }
        result.outputs = inner.outputs.map { names[$0] ?? $0 }
        result.attributes = inner.attributes.compactMap { instance(of: $0, names) }
        return result
    }

    /// A reference becomes the call's attribute or the function's default; without both it goes.
    private func instance(of attribute: Attribute, _ names: [String: String]) -> Attribute? {
        var result = attribute
        switch attribute.value {
        case .reference(let name, _):
            guard
                let value = node.attribute(name)
                    ?? function.defaults.first(where: { $0.name == name })?.value
            else { return nil }
            result.value = value
        case .graph(let graph): result.value = .graph(instance(of: graph, names))
        case .graphs(let graphs):
            result.value = .graphs(graphs.map { instance(of: $0, names) })
        default: break
        }
        return result
    }

    private func instance(of graph: Graph, _ outer: [String: String]) -> Graph {
        var names = outer
        var result = graph
        let own =
            graph.inputs.map(\.name) + graph.initializers.map(\.name)
            + graph.nodes.flatMap(\.outputs)
        for name in own where !name.isEmpty { names[name] = prefix + name }
        for index in result.inputs.indices { result.inputs[index].name.rename(names) }
        for index in result.initializers.indices { result.initializers[index].name.rename(names) }
        for index in result.outputs.indices { result.outputs[index].name.rename(names) }
        result.nodes = graph.nodes.map { instance(of: $0, names) }
        result.valueInfo = []
        return result
    }
}

extension String {
    fileprivate mutating func rename(_ names: [String: String]) { self = names[self] ?? self }
}
