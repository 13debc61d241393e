import IoUConsole
import IoUGraph
import IoURuntime

/// What a model holds, and what it costs to run.
struct InspectReport: Encodable {
    let file: FileFacts
    let inputs: [ValueFacts]
    let outputs: [ValueFacts]
    let operators: [OperatorFacts]
    let functions: [FunctionFacts]
    let parameters: ParameterFacts
    let cost: CostFacts
    /// Null where the model has no `iou.*` metadata.
    let detector: DetectorFacts?
    let lacking: [LackingFacts]

    init(
        of model: IoUGraph.Model, at path: String, shapes: [ShapeArgument], options: ModelOptions
    ) throws(IoUError) {
        file = FileFacts(of: model, at: path)
        inputs = model.callerInputs.map(ValueFacts.init)
        outputs = model.graph.outputs.map(ValueFacts.init)
        functions = FunctionFacts.all(of: model)
        parameters = ParameterFacts(of: model)
        detector = DetectorFacts(of: model, at: path, options: options)
        lacking = LackingFacts.all(of: model)
        cost = try CostFacts(of: model, at: path, shapes: shapes, options: options)
        operators = OperatorFacts.all(of: model, cost: cost)
    }

    enum CodingKeys: String, CodingKey {
        case file, inputs, outputs, operators, functions, parameters, cost, detector, lacking
    }

    /// Null, not left out, where there is no detector.
    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(file, forKey: .file)
        try values.encode(inputs, forKey: .inputs)
        try values.encode(outputs, forKey: .outputs)
        try values.encode(operators, forKey: .operators)
        try values.encode(functions, forKey: .functions)
        try values.encode(parameters, forKey: .parameters)
        try values.encode(cost, forKey: .cost)
        try values.encode(detector, forKey: .detector)
        try values.encode(lacking, forKey: .lacking)
    }

    /// For people.
    func text(withSteps: Bool) -> String {
        let sections = [
            file.text,
            ValueFacts.table(of: inputs, title: "input").text,
            ValueFacts.table(of: outputs, title: "output").text,
            OperatorFacts.table(of: operators).text,
            functions.isEmpty ? nil : FunctionFacts.table(of: functions).text,
            parameters.table.text,
            cost.text,
            withSteps ? cost.plan.map { StepFacts.table(of: $0.steps).text } : nil,
            detector?.text,
            lacking.isEmpty ? nil : LackingFacts.table(of: lacking).text,
        ]
        return sections.compactMap { $0 }.joined(separator: "\n")
    }
}

/// Lines of a name and what belongs to it, aligned.
struct FactList {
    private var lines: [(name: String, fact: String)] = []

    mutating func append(_ name: String, _ fact: String?) {
        if let fact, !fact.isEmpty { lines.append((name, fact)) }
    }

    var text: String {
        let width = max(16, (lines.map(\.name.count).max() ?? 0) + 2)
        return lines.map { name, fact in
            name.oneLine + String(repeating: " ", count: width - name.count) + fact.oneLine + "\n"
        }.joined()
    }
}

extension IoUGraph.Model {
    /// What a run needs: old files list constants among the inputs too.
    var callerInputs: [IoUGraph.ValueInfo] {
        let constants = Set(
            graph.initializers.map(\.name) + graph.sparseInitializers.compactMap(\.values?.name))
        return graph.inputs.filter { !constants.contains($0.name) }
    }
}
