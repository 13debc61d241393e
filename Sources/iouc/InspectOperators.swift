import IoUConsole
import IoUGraph

/// The nodes of one operator.
struct OperatorFacts: Encodable {
    let type: String
    /// "ai.onnx" for ONNX's own.
    let domain: String
    /// In the main graph.
    let nodes: Int
    /// In branches of control flow.
    let branchNodes: Int
    /// In bodies of functions, once however often they are called.
    let functionNodes: Int
    /// Of the main graph's plan; null where it is unknown.
    let multiplyAdds: Int?

    enum CodingKeys: String, CodingKey {
        case type, domain, nodes
        case branchNodes = "branch_nodes"
        case functionNodes = "function_nodes"
        case multiplyAdds = "multiply_adds"
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(type, forKey: .type)
        try values.encode(domain, forKey: .domain)
        try values.encode(nodes, forKey: .nodes)
        try values.encode(branchNodes, forKey: .branchNodes)
        try values.encode(functionNodes, forKey: .functionNodes)
        try values.encode(multiplyAdds, forKey: .multiplyAdds)
    }

    private var total: Int { nodes + branchNodes + functionNodes }

    private struct Key: Hashable {
        let type: String
        let domain: String

        init(_ node: Node) {
            type = node.type
            domain = node.domain.isEmpty ? "ai.onnx" : node.domain
        }
    }

    /// The most frequent first.
    static func all(of model: Model, cost: CostFacts) -> [OperatorFacts] {
        let own = counts(model.graph.nodes)
        let all = counts(model.graph.nodes.flatMap(\.withInner))
        let bodies = counts(model.functions.flatMap(\.nodes).flatMap(\.withInner))
        let keys = Set(all.keys).union(bodies.keys)
        return keys.map { key in
            OperatorFacts(
                type: key.type, domain: key.domain, nodes: own[key] ?? 0,
                branchNodes: (all[key] ?? 0) - (own[key] ?? 0), functionNodes: bodies[key] ?? 0,
                multiplyAdds: cost.plan?.multiplyAdds(of: key.type))
        }.sorted { ($1.total, $0.type, $0.domain) < ($0.total, $1.type, $1.domain) }
    }

    private static func counts(_ nodes: [Node]) -> [Key: Int] {
        nodes.reduce(into: [:]) { $0[Key($1), default: 0] += 1 }
    }

    static func table(of operators: [OperatorFacts]) -> Table {
        let hasInner = operators.contains { $0.branchNodes + $0.functionNodes > 0 }
        let inner: [(title: String, alignment: Table.Alignment)] =
            hasInner ? [("in branches", .right), ("in functions", .right)] : []
        var table = Table(
            [("operator", .left), ("nodes", .right)] + inner
                + [("multiply-adds", .right), ("share", .right)])
        let sum = operators.reduce(0) { $0.addingClamped($1.multiplyAdds ?? 0) }
        for line in operators {
            let name = line.domain == "ai.onnx" ? line.type : "\(line.domain).\(line.type)"
            let adds = line.multiplyAdds ?? 0
            table.append(
                [name, "\(line.nodes)"]
                    + (hasInner ? ["\(line.branchNodes)", "\(line.functionNodes)"] : [])
                    + [
                        adds > 0 ? adds.asCount : "-",
                        adds > 0 ? "\((Double(adds) / Double(sum) * 100).fixed(1)) %" : "-",
                    ])
        }
        return table
    }
}

/// An operator that the file defines.
struct FunctionFacts: Encodable {
    let name: String
    let domain: String
    let nodes: Int
    /// Nodes that call it, wherever they are.
    let calls: Int

    static func all(of model: Model) -> [FunctionFacts] {
        let nodes = model.allNodes
        return model.functions.map { function in
            let calls = nodes.count {
                $0.type == function.name && $0.domain == function.domain
                    && $0.overload == function.overload
            }
            return FunctionFacts(
                name: function.name, domain: function.domain, nodes: function.nodes.count,
                calls: calls)
        }
    }

    static func table(of functions: [FunctionFacts]) -> Table {
        var table = Table([("function", .left), ("nodes", .right), ("calls", .right)])
        for function in functions {
            table.append([
                "\(function.domain).\(function.name)", "\(function.nodes)", "\(function.calls)",
            ])
        }
        return table
    }
}

/// An operator that the runtime lacks.
struct LackingFacts: Encodable {
    let type: String
    let domain: String
    /// The names of the nodes.
    let nodes: [String]

    /// One line, with a few of the nodes.
    var problem: String {
        let most = 3
        let name = domain == "ai.onnx" ? type : "\(domain).\(type)"
        let shown = nodes.prefix(most).map { "'\($0.shortened(to: 80))'" }.joined(separator: ", ")
        let rest = nodes.count > most ? " and \(nodes.count - most) more" : ""
        let count = nodes.count == 1 ? "node" : "\(nodes.count) nodes:"
        return
            "the runtime lacks the operator \(name.shortened(to: 200)) (\(count) \(shown)\(rest))"
    }

    static func all(of model: Model) -> [LackingFacts] {
        let groups = Dictionary(grouping: model.lackingNodes) { [$0.domain, $0.type] }
        return groups.map { key, nodes in
            LackingFacts(
                type: key[1], domain: key[0].isEmpty ? "ai.onnx" : key[0],
                nodes: nodes.map(\.displayName))
        }.sorted { ($0.domain, $0.type) < ($1.domain, $1.type) }
    }

    static func table(of operators: [LackingFacts]) -> Table {
        var table = Table([
            ("the runtime lacks", .left), ("domain", .left), ("nodes", .right), ("such as", .left),
        ])
        for line in operators {
            table.append([line.type, line.domain, "\(line.nodes.count)", line.nodes.first ?? ""])
        }
        return table
    }
}
