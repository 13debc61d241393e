import IoUGraph

/// Replaces calls of a model's functions by what they stand for.
struct FunctionInliner {
    static let name = "inline-functions"
    static let summary = "calls of the model's functions become their nodes"

    /// Against functions that double at every call.
    private static let mostNodes = 1_000_000
    private static let deepest = 256

    private let functions: [Key: Function]
    private let opset: Int64
    private let kept: Set<Key>
    private var taken: Set<String>
    private var made = 0
    private var report: Report

    private struct Key: Hashable {
        let domain: String
        let name: String
        let overload: String

        init(_ function: Function) {
            (domain, name, overload) = (function.domain, function.name, function.overload)
        }

        init(_ node: Node) {
            (domain, name, overload) = (node.domain, node.type, node.overload)
        }
    }

    private init(_ model: Model, keeping kept: (Function) -> Bool, _ report: Report) {
        functions = Dictionary(
            model.functions.map { (Key($0), $0) }, uniquingKeysWith: { first, _ in first })
        self.kept = Set(model.functions.filter(kept).map { Key($0) })
        opset = model.opset
        taken = Set(model.graph.nodes.flatMap(\.outputs))
        self.report = report
    }

    /// Inlines in the main graph and the graphs within its nodes. Functions that nothing calls any
    /// more go. Throws `.invalidGraph` for a function that calls itself, `.limit` for too many
    /// nodes.
    static func inline(
        _ model: inout Model, keeping kept: (Function) -> Bool, _ report: inout Report
    ) throws(GraphError) {
        guard !model.functions.isEmpty else { return }
        var inliner = FunctionInliner(model, keeping: kept, report)
        model.graph.nodes = try inliner.expand(model.graph.nodes, [])
        report = inliner.report
        inliner.removeUncalled(from: &model)
    }

    private mutating func expand(_ nodes: [Node], _ calls: [Key]) throws(GraphError) -> [Node] {
        var result: [Node] = []
        for node in nodes {
            let key = Key(node)
            guard let function = functions[key], !kept.contains(key) else {
                result.append(try expandGraphs(of: node, calls))
                continue
            }
            if let why = obstacle(node, function) {
                report.refuse(Self.name, node.label, why)
                result.append(node)
                continue
            }
            guard !calls.contains(key) else {
                throw GraphError(.invalidGraph, "\(node.label): its function calls itself")
            }
            guard calls.count < Self.deepest, made + function.nodes.count <= Self.mostNodes else {
                throw GraphError(
                    .limit,
                    "\(node.label): at most \(Self.mostNodes) nodes and "
                        + "\(Self.deepest) calls within calls are inlined")
            }
            made += function.nodes.count
            let call = FunctionCall(node: node, function: function, prefix: freshPrefix(node))
            result += try expand(call.nodes, calls + [key])
            if calls.isEmpty { report.note(Self.name, node.label) }
        }
        return result
    }

    private mutating func expandGraphs(of node: Node, _ calls: [Key]) throws(GraphError) -> Node {
        var result = node
        for index in node.attributes.indices {
            switch node.attributes[index].value {
            case .graph(var graph):
                graph.nodes = try expand(graph.nodes, calls)
                result.attributes[index].value = .graph(graph)
            case .graphs(var graphs):
                for place in graphs.indices {
                    graphs[place].nodes = try expand(graphs[place].nodes, calls)
                }
                result.attributes[index].value = .graphs(graphs)
            default: break
            }
        }
        return result
    }

    /// Why a call must stay.
    private func obstacle(_ node: Node, _ function: Function) -> String? {
        if let required = function.operatorSets.standardVersion, required != opset {
            return "its function is of opset \(required), the model of \(opset)"
        }
        if node.inputs.count > function.inputs.count || node.outputs.count > function.outputs.count
        {
            return "the call has more inputs or outputs than its function"
        }
        return nil
    }

    private mutating func freshPrefix(_ node: Node) -> String {
        let base = node.name.isEmpty ? node.outputs.first ?? node.type : node.name
        var prefix = "\(base)/"
        var number = 2
        while !taken.insert(prefix).inserted {
            prefix = "\(base).\(number)/"
            number += 1
        }
        return prefix
    }

    private func removeUncalled(from model: inout Model) {
        var called: Set<Key> = []
        var pending = model.graph.nodes
        while let node = pending.popLast() {
            pending += node.attributes.flatMap(\.graphs).flatMap(\.nodes)
            if let function = functions[Key(node)], called.insert(Key(node)).inserted {
                pending += function.nodes
            }
        }
        model.functions.removeAll { !called.contains(Key($0)) }
    }
}
