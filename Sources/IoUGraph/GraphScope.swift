/// The values that are defined at a place of a graph, and what is wrong up to there.
struct GraphScope {
    private(set) var problems: [String] = []
    /// What nodes may be of.
    private let domains: Set<String>
    private let functions: [FunctionCalls.Key: Function]
    /// Attributes may refer to those of a call.
    private let isFunction: Bool
    /// The values of this graph, behind those of the graphs around it.
    private var values: [Set<String>] = [[]]

    init(
        domains: Set<String>, functions: [FunctionCalls.Key: Function], isFunction: Bool = false
    ) {
        self.domains = domains
        self.functions = functions
        self.isFunction = isFunction
    }

    func knows(_ name: String) -> Bool { values.contains { $0.contains(name) } }

    mutating func report(_ problem: String) { problems.append(problem) }

    /// Inputs and constants of a graph within a node may hide values of the graphs around it; what
    /// its nodes compute may not.
    mutating func define(_ name: String, by definer: String, mayHide: Bool = false) {
        if name.isEmpty {
            report("\(definer): a value has no name")
        } else if mayHide ? values[values.count - 1].contains(name) : knows(name) {
            report("\(definer): value '\(name)' is defined twice")
        } else {
            values[values.count - 1].insert(name)
        }
    }

    /// Adds the whole graph.
    mutating func add(_ graph: Graph) {
        for input in graph.inputs { define(input.name, by: "input", mayHide: true) }
        addConstants(of: graph)
        for node in graph.nodes { add(node) }
        for output in graph.outputs where !knows(output.name) {
            report("output '\(output.name)' of graph '\(graph.name.shortened)' is made by no node")
        }
    }

    private mutating func addConstants(of graph: Graph) {
        // An initializer may be an input's default.
        let inputs = Set(graph.inputs.map(\.name))
        var defaults: Set<String> = []
        let names =
            graph.initializers.map { ($0.name, "initializer") }
            + graph.sparseInitializers.map { ($0.values?.name ?? "", "sparse initializer") }
        for tensor in graph.initializers {
            if let problem = tensor.problem { report(problem) }
        }
        for (name, definer) in names {
            if !inputs.contains(name) {
                define(name, by: definer, mayHide: true)
            } else if !defaults.insert(name).inserted {
                report("\(definer): value '\(name)' is defined twice")
            }
        }
    }

    mutating func add(_ node: Node) {
        if node.type.isEmpty { report("\(node.label): it has no operator") }
        if !domains.contains(Node.plainDomain(node.domain)) {
            report("\(node.label): its domain '\(node.domain)' is not imported")
        }
        for input in node.inputs where !input.isEmpty && !knows(input) {
            report("\(node.label): input '\(input)' is not defined before it")
        }
        addAttributes(of: node)
        if let function = functions[FunctionCalls.Key(node)] { check(node, calling: function) }
        for output in node.outputs where !output.isEmpty { define(output, by: node.label) }
    }

    private mutating func addAttributes(of node: Node) {
        var names: Set<String> = []
        for attribute in node.attributes {
            if attribute.name.isEmpty {
                report("\(node.label): an attribute has no name")
            } else if !names.insert(attribute.name).inserted {
                report("\(node.label): attribute '\(attribute.name)' appears twice")
            }
            for problem in attribute.tensors.compactMap(\.problem) {
                report("\(node.label): attribute '\(attribute.name)': \(problem)")
            }
            if case .reference = attribute.value, !isFunction {
                report(
                    "\(node.label): attribute '\(attribute.name)' refers to one of a call, "
                        + "but is in no function")
            }
            for graph in attribute.graphs { addInner(graph) }
        }
    }

    private mutating func addInner(_ graph: Graph) {
        values.append([])
        add(graph)
        values.removeLast()
    }

    private mutating func check(_ node: Node, calling function: Function) {
        for (what, given, most) in [
            ("inputs", node.inputs.count, function.inputs.count),
            ("outputs", node.outputs.count, function.outputs.count),
        ] where given > most {
            report("\(node.label): it has \(given) \(what), \(function.label) at most \(most)")
        }
        for name in function.attributes where node.attribute(name) == nil {
            report("\(node.label): attribute '\(name)' is missing, \(function.label) needs it")
        }
    }
}

extension Attribute {
    /// The dense tensors that the attribute holds.
    public var tensors: [TensorLiteral] {
        switch value {
        case .tensor(let tensor): [tensor]
        case .tensors(let tensors): tensors
        default: []
        }
    }
}
