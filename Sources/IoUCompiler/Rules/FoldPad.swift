import IoUGraph

extension Rule {
    /// Pad with zeros before Conv becomes its `pads` (ONNX Pad, versions 1 to 24).
    static let foldPad = Rule(
        "fold-pad", "zeros that Pad puts around a convolution's input become its pads",
        [.op("Conv", as: "conv", [.op("Pad", as: "pad", [.value("x")])])]
    ) { (match) throws(GraphError) in
        let (pad, conv) = (match.node("pad"), match.node("conv"))
        guard let padding = ConstantPadding(pad, match.graph) else {
            return .refused("constant pads are expected")
        }
        guard padding.isZero else { return .refused("it pads with something other than zeros") }
        let rank = padding.before.count
        guard rank >= 3, padding.before.prefix(2).allSatisfy({ $0 == 0 }),
            padding.after.prefix(2).allSatisfy({ $0 == 0 })
        else { return .refused("it pads batch or channels") }
        let spatial = padding.before.dropFirst(2) + padding.after.dropFirst(2)
        guard spatial.allSatisfy({ $0 >= 0 }) else { return .refused("it cuts (negative pads)") }
        guard let own = conv.explicitPads(spatialRank: rank - 2) else {
            return .refused("the convolution's auto_pad depends on the size")
        }
        let pads = zip(own, spatial).map { $0.addingReportingOverflow($1) }
        guard !pads.contains(where: \.overflow) else { return .refused("its pads are too large") }
        var node = conv
        node.inputs[0] = match.value("x")
        node.attributes.removeAll { $0.name == "auto_pad" || $0.name == "pads" }
        node.attributes.append(Attribute("pads", .ints(pads.map(\.partialValue))))
        return .patch(Patch(nodes: [node]))
    }
}

/// What a Pad node adds to every axis, when that is known.
private struct ConstantPadding {
    var before: [Int64]
    var after: [Int64]
    let isZero: Bool

    init?(_ node: Node, _ graph: EditableGraph) {
        guard let rank = graph.dimensions(of: node.inputs[0])?.count ?? Self.rank(node, graph),
            let pads = Self.pads(node, graph), let axes = Self.axes(node, graph, rank),
            pads.count == 2 * axes.count
        else { return nil }
        before = Array(repeating: 0, count: rank)
        after = before
        for (index, axis) in axes.enumerated() {
            before[axis] = pads[index]
            after[axis] = pads[axes.count + index]
        }
        isZero = Self.isConstantMode(node) && Self.value(node, graph) == 0
    }

    /// Without axes, the pads tell the rank.
    private static func rank(_ node: Node, _ graph: EditableGraph) -> Int? {
        node.input(3) == nil ? pads(node, graph).map { $0.count / 2 } : nil
    }

    private static func pads(_ node: Node, _ graph: EditableGraph) -> [Int64]? {
        if graph.opset < 11 { return node.ints("pads") ?? node.ints("paddings") }
        return node.input(1).flatMap { graph.constant($0)?.ints }
    }

    private static func axes(_ node: Node, _ graph: EditableGraph, _ rank: Int) -> [Int]? {
        guard let name = node.input(3) else { return Array(0..<rank) }
        guard let axes = graph.constant(name)?.numbers else { return nil }
        let valid = Double(-rank)..<Double(rank)
        guard axes.allSatisfy({ valid.contains($0) }) else { return nil }
        let found = axes.map { Int($0) < 0 ? Int($0) + rank : Int($0) }
        return Set(found).count == found.count ? found : nil
    }

    private static func isConstantMode(_ node: Node) -> Bool {
        ["constant", nil].contains(node.text("mode"))
    }

    private static func value(_ node: Node, _ graph: EditableGraph) -> Double? {
        if graph.opset < 11 { return Double(node.float("value") ?? 0) }
        guard let name = node.input(2) else { return 0 }
        return graph.constant(name)?.singleNumber
    }
}
