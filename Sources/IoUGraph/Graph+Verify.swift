extension Model {
    /// Checks the structure: names defined once and before they are used, operator sets, constants
    /// whose bytes fit their shapes.
    ///
    /// Throws `.invalidGraph` with the first thing that is wrong. Types and shapes are the matter
    /// of `inferShapes`.
    public func verify() throws(GraphError) {
        try verifyOperatorSets()
        try verifyMetadata()
        try graph.verify()
        for function in functions { try function.verify() }
    }

    private func verifyOperatorSets() throws(GraphError) {
        var domains: Set<String> = []
        for set in operatorSets {
            let domain = set.domain == "ai.onnx" ? "" : set.domain
            guard domains.insert(domain).inserted else {
                throw .invalid("operator set '\(set.domain)' is imported twice")
            }
        }
        for node in graph.nodes where !domains.contains(node.domain == "ai.onnx" ? "" : node.domain)
        {
            throw .invalid("\(node.label): its domain '\(node.domain)' is not imported")
        }
    }

    private func verifyMetadata() throws(GraphError) {
        var keys: Set<String> = []
        for property in metadata {
            guard keys.insert(property.key).inserted else {
                throw .invalid("metadata key '\(property.key)' stands twice")
            }
        }
    }
}

extension Graph {
    /// Checks the graph; `outer` are the values of the graphs around it.
    func verify(outer: Set<String> = []) throws(GraphError) {
        var scope = Scope(outer: outer)
        for input in inputs { try scope.define(input.name, by: "input") }
        for tensor in initializers {
            try tensor.verify()
            // An initializer may be an input's default.
            if !inputs.contains(where: { $0.name == tensor.name }) {
                try scope.define(tensor.name, by: "initializer")
            }
        }
        for sparse in sparseInitializers {
            try scope.define(sparse.values?.name ?? "", by: "sparse initializer")
        }
        for node in nodes { try scope.add(node) }
        for output in outputs where !scope.knows(output.name) {
            throw .invalid("output '\(output.name)' of graph '\(name)' is made by no node")
        }
    }
}

extension Function {
    fileprivate func verify() throws(GraphError) {
        var scope = Scope(outer: [])
        for input in inputs { try scope.define(input, by: "function '\(name)'") }
        for node in nodes { try scope.add(node) }
        for output in outputs where !scope.knows(output) {
            throw .invalid("output '\(output)' of function '\(name)' is made by no node")
        }
    }
}

/// The values that are defined at a place of a graph.
private struct Scope {
    private let outer: Set<String>
    private var own: Set<String> = []

    init(outer: Set<String>) {
        self.outer = outer
    }

    func knows(_ name: String) -> Bool { own.contains(name) || outer.contains(name) }

    mutating func define(_ name: String, by definer: String) throws(GraphError) {
        guard !name.isEmpty else { throw .invalid("\(definer): a value has no name") }
        guard !outer.contains(name), own.insert(name).inserted else {
            throw .invalid("\(definer): value '\(name)' is defined twice")
        }
    }

    mutating func add(_ node: Node) throws(GraphError) {
        guard !node.type.isEmpty else { throw .invalid("\(node.label): it has no operator") }
        for input in node.inputs where !input.isEmpty && !knows(input) {
            throw .invalid("\(node.label): input '\(input)' is not defined before it")
        }
        try verifyAttributes(node)
        for output in node.outputs where !output.isEmpty { try define(output, by: node.label) }
    }

    private func verifyAttributes(_ node: Node) throws(GraphError) {
        var names: Set<String> = []
        for attribute in node.attributes {
            guard !attribute.name.isEmpty, names.insert(attribute.name).inserted else {
                throw .invalid("\(node.label): attribute '\(attribute.name)' stands twice")
            }
            if case .tensor(let tensor) = attribute.value { try tensor.verify() }
            for graph in attribute.graphs { try graph.verify(outer: outer.union(own)) }
        }
    }
}

extension TensorLiteral {
    /// Checks that the content fits type and shape.
    func verify() throws(GraphError) {
        guard let count = elementCount else {
            throw .invalid("tensor '\(name)' has the impossible shape \(dimensions)")
        }
        switch content {
        case .external: break
        case .strings(let strings):
            guard strings.count == count else {
                throw .invalid("tensor '\(name)' has \(strings.count) strings, expected \(count)")
            }
        case .bytes(let blob):
            guard let size = type.byteCount(count) else { break }
            guard blob.count == size else {
                throw .invalid("tensor '\(name)' has \(blob.count) bytes, expected \(size)")
            }
        }
    }
}

extension GraphError {
    fileprivate static func invalid(_ message: String) -> GraphError {
        GraphError(.invalidGraph, message)
    }
}
