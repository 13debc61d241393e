/// Which functions of a model call which.
struct FunctionCalls {
    /// What tells functions apart.
    struct Key: Hashable {
        private let domain: String
        private let name: String
        private let overload: String

        init(_ function: Function) {
            domain = Node.plainDomain(function.domain)
            name = function.name
            overload = function.overload
        }

        init(_ node: Node) {
            domain = Node.plainDomain(node.domain)
            name = node.type
            overload = node.overload
        }
    }

    private let functions: [Function]

    init(_ functions: [Function]) {
        self.functions = functions
    }

    /// Functions that are defined twice, and those whose calls never end.
    var problems: [String] {
        var keys: Set<Key> = []
        let twice = functions.filter { !keys.insert(Key($0)).inserted }
        return twice.map { "\($0.label) is defined twice" }
            + endless.map { "\($0.label): its calls never end, a function calls itself" }
    }

    /// Functions that no order puts behind everything that they call.
    private var endless: [Function] {
        let known = Set(functions.map { Key($0) })
        var waitingFor = functions.map { calls(of: $0).intersection(known) }
        var callers: [Key: [Int]] = [:]
        for (index, callees) in waitingFor.enumerated() {
            for callee in callees { callers[callee, default: []].append(index) }
        }
        var ended = functions.indices.filter { waitingFor[$0].isEmpty }
        while let index = ended.popLast() {
            let key = Key(functions[index])
            for caller in callers[key] ?? [] where waitingFor[caller].remove(key) != nil {
                if waitingFor[caller].isEmpty { ended.append(caller) }
            }
        }
        return functions.indices.filter { !waitingFor[$0].isEmpty }.map { functions[$0] }
    }

    private func calls(of function: Function) -> Set<Key> {
        Set(function.nodes.flatMap(\.withInner).map { Key($0) })
    }
}

extension Node {
    /// The node, and those of the graphs in its attributes.
    public var withInner: [Node] {
        [self] + attributes.flatMap(\.graphs).flatMap(\.nodes).flatMap(\.withInner)
    }
}
