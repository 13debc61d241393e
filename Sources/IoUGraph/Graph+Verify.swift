extension Model {
    /// Checks the structure: names defined once and before they are used, operator sets, functions
    /// and their calls, constants whose bytes fit their shapes.
    ///
    /// Throws `.invalidGraph` with the first of ``problems()``.
    public func verify() throws(GraphError) {
        if let first = problems().first { throw GraphError(.invalidGraph, first) }
    }

    /// Everything that is wrong with the structure, one line each, in the file's order.
    ///
    /// Types and shapes are the matter of `inferShapes`.
    public func problems() -> [String] {
        var problems = OperatorSet.problems(of: operatorSets, in: "the model")
        if irVersion < 1 { problems.append("the model states no IR version") }
        let known = Dictionary(
            functions.map { (FunctionCalls.Key($0), $0) }, uniquingKeysWith: { first, _ in first })
        var scope = GraphScope(domains: importedDomains, functions: known)
        scope.add(graph)
        problems += scope.problems
        for function in functions { problems += function.problems(beside: known) }
        return problems + FunctionCalls(functions).problems
    }

    /// Files of IR version 1 and 2 import nothing and mean ONNX's own operators.
    private var importedDomains: Set<String> {
        operatorSets.isEmpty && irVersion < 3 ? [""] : OperatorSet.domains(of: operatorSets)
    }
}

extension OperatorSet {
    /// How messages call the set.
    var title: String { Node.plainDomain(domain).isEmpty ? "ai.onnx" : domain.shortened }

    /// The domains as nodes name them, where "ai.onnx" is "".
    static func domains(of sets: [OperatorSet]) -> Set<String> {
        Set(sets.map { Node.plainDomain($0.domain) })
    }

    fileprivate static func problems(of sets: [OperatorSet], in place: String) -> [String] {
        var versions: [String: Int64] = [:]
        return sets.flatMap { set in
            var problems: [String] = []
            let domain = Node.plainDomain(set.domain)
            let first = versions[domain, default: set.version]
            versions[domain] = first
            if first != set.version {
                problems.append(
                    "operator set '\(set.title)' is imported twice by \(place), "
                        + "in versions \(first) and \(set.version)")
            }
            if set.version < 1 {
                problems.append(
                    "operator set '\(set.title)' of \(place) has version \(set.version), "
                        + "expected 1 or more")
            }
            return problems
        }
    }
}

extension Function {
    /// How messages call the function.
    var label: String {
        "function '\((domain.isEmpty ? name : "\(domain).\(name)").shortened)'"
    }

    fileprivate func problems(beside functions: [FunctionCalls.Key: Function]) -> [String] {
        var scope = GraphScope(
            domains: OperatorSet.domains(of: operatorSets), functions: functions, isFunction: true)
        for input in inputs { scope.define(input, by: label) }
        for node in nodes { scope.add(node) }
        for output in outputs where !scope.knows(output) {
            scope.report("output '\(output)' of \(label) is made by no node")
        }
        return OperatorSet.problems(of: operatorSets, in: label)
            + scope.problems.map { $0.contains(label) ? $0 : "\(label): \($0)" }
    }
}

extension TensorLiteral {
    /// What of the content does not fit type and shape; nil where all does.
    var problem: String? {
        guard let count = elementCount else {
            return "tensor '\(name)' has the impossible shape \(dimensions)"
        }
        switch content {
        case .external: return nil
        case .strings(let strings):
            if strings.count == count { return nil }
            return "tensor '\(name)' has \(strings.count) strings, expected \(count)"
        case .bytes(let blob):
            guard let size = type.byteCount(count), blob.count != size else { return nil }
            return "tensor '\(name)' has \(blob.count) bytes, expected \(size)"
        }
    }
}
