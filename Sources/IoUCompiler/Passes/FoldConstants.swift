import IoUGraph

/// Computes what depends on constants alone, with the runtime that would compute it later.
struct FoldConstants: Pass {
    let titles = [
        (name: "fold-constants", summary: "what depends on constants alone is computed now")
    ]

    private var name: String { titles[0].name }

    /// A folded value may be this large, or as large as what it was computed from.
    private static let freeBytes = 1 << 16

    func run(_ graph: inout EditableGraph, _ report: inout Report) {
        report.forgetRefusals(of: [name])
        for id in graph.ids { storeConstant(id, &graph, &report) }
        let candidates = candidates(graph, &report)
        if candidates.isEmpty { return }
        let together = try? Evaluation(
            nodes: candidates.map(\.node), opset: graph.opset, graph.constant
        ).run()
        let values = together ?? oneByOne(candidates, graph, &report)
        fold(candidates, values, &graph, &report)
    }

    private struct Candidate {
        let id: NodeID
        let node: Node
    }

    // MARK: Constant nodes

    private func storeConstant(
        _ id: NodeID, _ graph: inout EditableGraph, _ report: inout Report
    ) {
        guard let node = graph.node(id), node.isStandard, node.type == "Constant",
            let output = node.outputs.first, let tensor = node.constantValue(named: output)
        else { return }
        guard !graph.isOutput(output) else {
            return report.refuse(name, node.label, "it is an output of the graph")
        }
        graph.apply(Patch(constants: [tensor]), at: id)
        report.note(name, node.label)
    }

    // MARK: Other nodes

    /// Nodes that depend on constants alone, in order.
    private func candidates(_ graph: EditableGraph, _ report: inout Report) -> [Candidate] {
        var known: Set<String> = []
        return graph.ids.compactMap { id in
            guard let node = graph.node(id), !node.inputs.isEmpty, node.isFoldable,
                node.outputs.allSatisfy({ graph.mayHoldNumbers($0) }),
                node.inputs.allSatisfy({
                    $0.isEmpty || known.contains($0) || graph.constant($0) != nil
                })
            else { return nil }
            guard Node.runtimeHas(domain: node.domain, type: node.type) else {
                report.refuse(name, node.label, "the runtime lacks the operator")
                return nil
            }
            guard isSmall(node, graph) else {
                report.refuse(name, node.label, "the file would grow")
                return nil
            }
            known.formUnion(node.outputs)
            return Candidate(id: id, node: node)
        }
    }

    private func isSmall(_ node: Node, _ graph: EditableGraph) -> Bool {
        bytes(of: node.outputs, graph) <= max(Self.freeBytes, bytes(of: node.inputs, graph))
    }

    /// Of values whose extents are known; a sum that is too large for a number is the largest one.
    private func bytes(of values: [String], _ graph: EditableGraph) -> Int {
        values.reduce(0) { total, value in
            let (sum, overflow) = total.addingReportingOverflow(bytes(of: value, graph))
            return overflow ? Int.max : sum
        }
    }

    private func bytes(of value: String, _ graph: EditableGraph) -> Int {
        guard !value.isEmpty, let type = graph.elementType(of: value) else { return 0 }
        guard let extents = (graph.dimensions(of: value) ?? []).extents else { return 0 }
        let shape = TensorLiteral("", type: type, dimensions: extents, content: .strings([]))
        return shape.elementCount.flatMap { type.byteCount($0) } ?? Int.max
    }

    /// The values that can be computed, when all together cannot.
    private func oneByOne(
        _ candidates: [Candidate], _ graph: EditableGraph, _ report: inout Report
    ) -> [String: TensorLiteral] {
        var values: [String: TensorLiteral] = [:]
        for candidate in candidates {
            let inputs = candidate.node.inputs.filter { !$0.isEmpty }
            guard inputs.allSatisfy({ values[$0] != nil || graph.constant($0) != nil }) else {
                continue
            }
            do {
                let one = Evaluation(nodes: [candidate.node], opset: graph.opset) {
                    values[$0] ?? graph.constant($0)
                }
                values.merge(try one.run()) { _, new in new }
            } catch {
                report.refuse(name, candidate.node.label, "\(error)")
            }
        }
        return values
    }

    private func fold(
        _ candidates: [Candidate], _ values: [String: TensorLiteral],
        _ graph: inout EditableGraph, _ report: inout Report
    ) {
        // From the last to the first: what only these need is gone before it is looked at.
        for candidate in candidates.reversed() {
            guard let node = graph.node(candidate.id) else { continue }
            let used = node.outputs.filter { !$0.isEmpty && graph.useCount(of: $0) > 0 }
            let constants = used.compactMap { values[$0] }
            if constants.count < used.count { continue }
            guard !used.contains(where: { graph.isOutput($0) }) else {
                report.refuse(name, node.label, "it is an output of the graph")
                continue
            }
            graph.apply(Patch(constants: constants), at: candidate.id)
            report.note(name, node.label)
        }
    }
}

extension Node {
    /// Whether the compiler may compute the node. Quantized forms stay as they are: they say how
    /// to compute, not only what.
    fileprivate var isFoldable: Bool {
        isDeterministic && type != "Constant"
            && !["QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"].contains(type)
    }

    /// The tensor of a Constant node in whatever attribute it is; nil for sparse ones.
    func constantValue(named name: String) -> TensorLiteral? {
        guard let attribute = attributes.first(where: { $0.name.hasPrefix("value") }) else {
            return nil
        }
        switch attribute.value {
        case .tensor(var tensor):
            tensor.name = name
            if case .external = tensor.content { return nil }
            return tensor
        case .float(let value): return TensorLiteral(name, floats: [value], dimensions: [])
        case .floats(let values):
            return TensorLiteral(name, floats: values, dimensions: [Int64(values.count)])
        case .ints(let values): return TensorLiteral(name, ints: values)
        case .int(let value):
            var tensor = TensorLiteral(name, ints: [value])
            tensor.dimensions = []
            return tensor
        default: return nil
        }
    }
}
