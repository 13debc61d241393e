public import IoUGraph

/// Rewrites models into ones that compute the same with less.
///
/// What it does holds for every shape and every processor and can be read in the result; what
/// depends on those is the runtime's. The result differs by rounding only. Optimizing a result
/// again changes nothing.
public struct Compiler: Sendable {
    /// Emit operators of the domain `ai.iou`, with function bodies, where convolutions are followed
    /// by additions and activations. Runtimes without functions refuse such files.
    public var fuses = false
    /// The passes and rules to run; nil: all.
    public var selection: Set<String>?
    /// Check the graph after every pass; for tests.
    public var verifiesPasses = false

    public init() {}

    /// Names and one-line descriptions of all passes and rules, in order.
    public static let titles: [(name: String, summary: String)] =
        [(FunctionInliner.name, FunctionInliner.summary)]
        + (simplifying + fusing).flatMap(\.titles).reduce(into: []) { titles, title in
            if !titles.contains(where: { $0.name == title.name }) { titles.append(title) }
        } + [(LeftAlone.name, LeftAlone.summary)]

    /// Passes that run in turn until none changes anything.
    private static let simplifying: [any Pass] = [
        FoldShapes(), FoldConstants(),
        ApplyRules(rules: [
            .removeIdentities, .mergeTransposes, .foldPad, .foldBatchNorm, .foldScale, .writeClip,
            .writeSigmoid, .writeSiLU, .writeHardSigmoid, .writeHardSwish, .writeGelu,
            .writeLayerNorm, .writeInstanceNorm, .writeGroupNorm,
        ]), MergeIdenticalNodes(), RemoveDeadNodes(),
    ]

    /// The limits that Clips left out are constants then, of the same content.
    private static let fusing: [any Pass] = [
        ApplyRules(rules: [.fuseConvolution]), MergeIdenticalNodes(), RemoveDeadNodes(),
    ]

    /// Every pass that changes something makes the graph smaller or more canonical; a graph that
    /// still changes after so many rounds is one where rules undo each other.
    private static let mostRounds = 100

    /// The optimized model and what was done.
    ///
    /// Throws `.invalidGraph` where the model is not valid. Parts that are not understood stay as
    /// they are.
    public func optimize(_ model: Model) throws(GraphError) -> (model: Model, report: Report) {
        try model.verify()
        var model = model
        model.removeRepeated()
        var report = Report()
        let idle = fuses ? [] : [Rule.fuseConvolution.name]
        for title in Self.titles where isSelected(title.name) && !idle.contains(title.name) {
            report.declare(title.name, title.summary)
        }
        if let gradient = model.allNodes.first(where: \.namesValues) {
            report.refuse(
                LeftAlone.name, gradient.label, "the values that it names stay as they are")
            return (model, report)
        }
        if isSelected(FunctionInliner.name) {
            let opset = model.opset
            try FunctionInliner.inline(&model, keeping: { keeps($0, opset) }, &report)
        }
        try run(Self.simplifying, &model, &report)
        if fuses {
            try run(Self.fusing, &model, &report)
            declareFunctions(&model)
        }
        LeftAlone.note(model, &report)
        model.describeValues()
        return (model, report)
    }

    private func isSelected(_ name: String) -> Bool { selection?.contains(name) ?? true }

    private func run(
        _ passes: [any Pass], _ model: inout Model, _ report: inout Report
    ) throws(GraphError) {
        let passes = passes.compactMap(selected)
        for _ in 0..<Self.mostRounds {
            let before = report.changeCount
            var graph = EditableGraph(model)
            graph.facts = (try? model.inferred()) ?? InferredValues()
            for pass in passes {
                try pass.run(&graph, &report)
                if verifiesPasses { try verify(graph, model) }
            }
            model.graph = graph.graph
            if report.changeCount == before { return }
        }
        throw GraphError(.limit, "the passes undo each other on this model")
    }

    private func selected(_ pass: any Pass) -> (any Pass)? {
        guard let rules = (pass as? ApplyRules)?.rules else {
            return isSelected(pass.titles[0].name) ? pass : nil
        }
        return ApplyRules(rules: rules.filter { isSelected($0.name) })
    }

    private func verify(_ graph: EditableGraph, _ model: Model) throws(GraphError) {
        var copy = model
        copy.graph = graph.graph
        if fuses { declareFunctions(&copy) }
        try copy.verify()
        let known = Set(try model.inferred().problems.map(\.message))
        if let new = try copy.inferred().problems.first(where: { !known.contains($0.message) }) {
            throw new
        }
    }
}

extension Compiler {
    /// Fused output may stay: its functions are ours, to the letter.
    private func keeps(_ function: Function, _ opset: Int64) -> Bool {
        fuses && function.domain == FusedConvolution.domain
            && FusedConvolution.all.contains { $0.function(opset: opset) == function }
    }

    /// Adds the definitions of the fused operators that the graph uses.
    private func declareFunctions(_ model: inout Model) {
        let used = Set(
            model.graph.nodes.filter { $0.domain == FusedConvolution.domain }.map(\.type))
        guard !used.isEmpty else { return }
        let known = Set(
            model.functions.filter { $0.domain == FusedConvolution.domain }.map(\.name))
        model.functions += FusedConvolution.all
            .filter { used.contains($0.name) && !known.contains($0.name) }
            .sorted { $0.name < $1.name }.map { $0.function(opset: model.opset) }
        if !model.operatorSets.contains(where: { $0.domain == FusedConvolution.domain }) {
            model.operatorSets.append(
                OperatorSet(domain: FusedConvolution.domain, version: FusedConvolution.version))
        }
        // Functions are part of ONNX from IR version 8 on.
        model.irVersion = max(model.irVersion, 8)
    }
}

extension Node {
    /// Whether attributes name values of the graph, which passes know nothing of.
    fileprivate var namesValues: Bool {
        domain == "ai.onnx.preview.training" && type == "Gradient"
    }
}

extension Model {
    /// States the type of every inner value that can be known, or that the file states.
    mutating func describeValues() {
        let stated = Dictionary(
            graph.valueInfo.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let inferred = (try? inferred())?.types ?? [:]
        let ends = Set((graph.inputs + graph.outputs).map(\.name))
        let inner = graph.nodes.flatMap(\.outputs).filter { !$0.isEmpty && !ends.contains($0) }
        graph.valueInfo = inner.compactMap { name in
            inferred[name].map { ValueInfo(name, $0) } ?? stated[name]
        }
    }
}
