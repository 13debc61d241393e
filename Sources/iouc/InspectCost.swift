import IoUConsole
import IoUGraph
import IoURuntime

/// What a run costs, for one set of input shapes.
struct CostFacts: Encodable {
    /// Of every input; null where unknown.
    let shapes: [String: [Int]]?
    /// Whether the metadata gave the shapes that the model leaves open.
    let isNominal: Bool
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
        try values.encode(shapes, forKey: .shapes)
        try values.encode(isNominal, forKey: .isNominal)
        try values.encode(plan, forKey: .plan)
        try values.encode(unknown, forKey: .unknown)
    }

    /// Throws where `--shape` does not fit the model.
    init(
        of graph: IoUGraph.Model, at path: String, shapes arguments: [ShapeArgument],
        options: ModelOptions
    ) throws(IoUError) {
        let nominal = NominalShapes(of: graph).arguments
        var shapes: [String: [Int]]?
        var plan: PlanFacts?
        var unknown: String?
        do throws(IoUError) {
            var options = options
            options.allowsMissingOperators = true
            let model = try IoURuntime.Model(path: path, options: options)
            shapes = try InputShapes.resolve(nominal + arguments, for: model.inputs)
            plan = try PlanFacts(of: model, shapes: shapes ?? [:])
        } catch {
            guard arguments.isEmpty || error.code != .invalidArgument else { throw error }
            let isLacking = error.code == .unsupported && !graph.lackingNodes.isEmpty
            unknown = isLacking ? "the runtime lacks operators of the model" : error.message
        }
        self.shapes = shapes
        self.plan = plan
        self.unknown = unknown
        let given = Set(arguments.map(\.name))
        isNominal = shapes != nil && nominal.contains { !given.contains($0.name) }
    }

    var text: String {
        var list = FactList()
        let sides = shapes?.sorted { $0.key < $1.key }.map { name, sides in
            "\(name)=\(sides.isEmpty ? "scalar" : sides.map(String.init).joined(separator: "x"))"
        }
        if let sides {
            let origin = isNominal ? " (nominal, from the metadata)" : ""
            list.append("shapes", sides.joined(separator: " ") + origin)
        }
        if let unknown { list.append("cost", "unknown: \(unknown)") }
        return list.text + (plan?.text ?? "")
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
