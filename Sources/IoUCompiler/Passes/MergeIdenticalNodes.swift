import IoUGraph

/// Computes once what is computed several times: nodes of one operator with the same inputs and
/// attributes, and constants of the same content.
struct MergeIdenticalNodes: Pass {
    let titles = [
        (
            name: "merge-identical-nodes",
            summary: "what is computed or stored several times is so once"
        )
    ]

    private var name: String { titles[0].name }

    func run(_ graph: inout EditableGraph, _ report: inout Report) {
        report.forgetRefusals(of: [name])
        mergeConstants(&graph, &report)
        mergeNodes(&graph, &report)
    }

    private struct Kind: Hashable {
        let type: ElementType
        let dimensions: [Int64]
    }

    private func mergeConstants(_ graph: inout EditableGraph, _ report: inout Report) {
        var groups: [Kind: [TensorLiteral]] = [:]
        var kinds: [Kind] = []
        for name in graph.constantNames where graph.useCount(of: name) > 0 {
            guard let tensor = graph.constant(name), !graph.isOutput(name) else { continue }
            let kind = Kind(type: tensor.type, dimensions: tensor.dimensions)
            if groups[kind] == nil { kinds.append(kind) }
            groups[kind, default: []].append(tensor)
        }
        // Contents are looked at only where types and shapes agree.
        for group in kinds.compactMap({ groups[$0] }) where group.count > 1 {
            var first: [TensorLiteral.Content: String] = [:]
            for tensor in group {
                guard let other = first[tensor.content] else {
                    first[tensor.content] = tensor.name
                    continue
                }
                guard graph.canReplace(tensor.name, by: other) else { continue }
                graph.replaceUses(of: tensor.name, by: other)
                report.note(name, "constant '\(tensor.name)' is '\(other)'")
            }
        }
    }

    private struct Key: Hashable {
        let type: String
        let domain: String
        let overload: String
        let inputs: [String]
        let outputs: [Bool]
        let attributes: Set<Attribute>
    }

    private func mergeNodes(_ graph: inout EditableGraph, _ report: inout Report) {
        var first: [Key: NodeID] = [:]
        for id in graph.ids {
            guard let node = graph.node(id), node.isDeterministic else { continue }
            let key = Key(
                type: node.type, domain: node.isStandard ? "" : node.domain,
                overload: node.overload, inputs: node.inputs,
                outputs: node.outputs.map(\.isEmpty), attributes: Set(node.attributes))
            guard let other = first[key].flatMap({ graph.node($0) }) else {
                first[key] = id
                continue
            }
            merge(node, id, into: other, &graph, &report)
        }
    }

    private func merge(
        _ node: Node, _ id: NodeID, into other: Node, _ graph: inout EditableGraph,
        _ report: inout Report
    ) {
        let pairs = zip(node.outputs, other.outputs).filter { !$0.0.isEmpty }
        guard pairs.allSatisfy({ graph.canReplace($0.0, by: $0.1) }) else {
            return report.refuse(
                name, node.label, "its outputs keep their names; \(other.label) makes the same")
        }
        graph.apply(
            Patch(replacements: pairs.map { (value: $0.0, other: $0.1) }), at: id)
        report.note(name, "\(node.label) is \(other.label)")
    }
}

extension Node {
    /// Whether two runs with the same inputs give the same; unknown operators may not.
    var isDeterministic: Bool {
        guard isStandard, attributes.allSatisfy({ $0.graphs.isEmpty }) else { return false }
        let random: Set = [
            "Bernoulli", "Dropout", "Multinomial", "RandomNormal", "RandomNormalLike",
            "RandomUniform", "RandomUniformLike",
        ]
        return !random.contains(type)
    }
}
