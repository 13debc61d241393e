import IoUConsole
import IoUGraph
import IoURuntime

/// What a run costs, for one set of input shapes.
struct CostFacts: Encodable {
    /// Of every input; null where unknown.
    let inputs: InputShapes?
    /// Null where unknown.
    let plan: PlanFacts?
    /// Why something is unknown.
    let unknown: String?

    enum CodingKeys: String, CodingKey {
        case shapes, plan, unknown
        case isNominal = "nominal"
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(inputs?.shapes, forKey: .shapes)
        try values.encode(inputs?.isNominal ?? false, forKey: .isNominal)
        try values.encode(plan, forKey: .plan)
        try values.encode(unknown, forKey: .unknown)
    }

    /// Throws where `--shape` does not fit the model.
    init(
        of graph: IoUGraph.Model, at path: String, shapes arguments: [ShapeArgument],
        options: ModelOptions
    ) throws(IoUError) {
        var inputs: InputShapes?
        var plan: PlanFacts?
        var unknown: String?
        do throws(IoUError) {
            var options = options
            options.allowsMissingOperators = true
            let model = try IoURuntime.Model(path: path, options: options)
            let resolved = try InputShapes(arguments, for: model)
            inputs = resolved
            plan = try PlanFacts(of: model, shapes: resolved.shapes)
        } catch {
            guard arguments.isEmpty || error.code != .invalidArgument else { throw error }
            let isLacking = error.code == .unsupported && !graph.lackingNodes.isEmpty
            unknown = isLacking ? "the runtime lacks operators of the model" : error.message
        }
        self.inputs = inputs
        self.plan = plan
        self.unknown = unknown
    }

    var text: String {
        var list = FactList()
        list.append("shapes", inputs?.text)
        if let unknown { list.append("cost", "unknown: \(unknown)") }
        return list.text + (plan?.text ?? "")
    }

    /// The change from `before`, which was another file with the same inputs.
    func text(comparedWith before: CostFacts) -> String {
        guard let inputs, let plan, let planBefore = before.plan else {
            return "cost: unknown: \(unknown ?? before.unknown ?? "")".oneLine + "\n"
        }
        func change(_ value: (PlanFacts) -> String) -> String {
            "\(value(planBefore)) -> \(value(plan))"
        }
        return "cost of \(inputs.text): \(change { $0.multiplyAdds.asCount }) multiply-adds, "
            .oneLine + "\(change { $0.intermediateBytes.asBytes }) of intermediate values, "
            + "\(change { "\($0.steps.count)" }) steps\n"
    }
}

/// The runtime's plan: what is left of the nodes after fusion, and its memory.
struct PlanFacts: Encodable {
    let multiplyAdds: Int
    /// The peak of intermediate values.
    let intermediateBytes: Int
    let packedWeightBytes: Int
    /// In the order of execution.
    let steps: [StepFacts]

    enum CodingKeys: String, CodingKey {
        case steps
        case multiplyAdds = "multiply_adds"
        case intermediateBytes = "intermediate_bytes"
        case packedWeightBytes = "packed_weight_bytes"
    }

    init(of model: IoURuntime.Model, shapes: [String: [Int]]) throws(IoUError) {
        var session = try Session(model)
        try session.prepare(shapes: shapes)
        steps = try session.profile.map(StepFacts.init)
        multiplyAdds = steps.reduce(0) { $0.addingClamped($1.multiplyAdds) }
        intermediateBytes = session.memory.intermediateBytes
        packedWeightBytes = session.memory.packedWeightBytes
    }

    /// Those of the steps that the operator leads.
    func multiplyAdds(of type: String) -> Int {
        steps.reduce(0) { $0.addingClamped($1.leader == type ? $1.multiplyAdds : 0) }
    }

    var text: String {
        let kinds = steps.reduce(into: [:]) { $0[$1.type, default: 0] += 1 }
            .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        var list = FactList()
        list.append("multiply-adds", multiplyAdds.asCount)
        list.append("peak memory", "\(intermediateBytes.asBytes) of intermediate values")
        list.append("packed weights", packedWeightBytes.asBytes)
        list.append("steps", "\(steps.count) after fusion")
        var table = Table([("steps", .right), ("operators", .left)])
        for kind in kinds { table.append(["\(kind.value)", kind.key]) }
        return list.text + "\n" + table.text
    }
}

/// One step of the plan.
struct StepFacts: Encodable {
    let name: String
    /// The operators that are fused into it, such as "Conv+BatchNormalization+Relu".
    let type: String
    let algorithm: String
    let instructionSet: String
    /// 0 where they are not counted: in steps that move or compare.
    let multiplyAdds: Int

    enum CodingKeys: String, CodingKey {
        case name, type, algorithm
        case instructionSet = "isa"
        case multiplyAdds = "multiply_adds"
    }

    init(_ entry: ProfileEntry) {
        name = entry.name
        type = entry.type
        algorithm = entry.algorithm
        instructionSet = entry.instructionSet
        // The runtime counts multiplications and additions apart.
        multiplyAdds = Int(min((entry.gflop * 1e9 / 2).rounded(), 0x1p52))
    }

    /// The operator that does the counted work.
    var leader: Substring { type.prefix { $0 != "+" } }

    static func table(of steps: [StepFacts]) -> Table {
        var table = Table([
            ("step", .left), ("operators", .left), ("multiply-adds", .right),
            ("algorithm", .left), ("isa", .left),
        ])
        for step in steps {
            table.append([
                step.name, step.type, step.multiplyAdds > 0 ? step.multiplyAdds.asCount : "-",
                step.algorithm, step.instructionSet,
            ])
        }
        return table
    }
}
