import IoUConsole
import IoUGraph
import IoURuntime

/// What each layer costs the last layers when it alone computes with bytes.
struct LayerCost {
    /// What the last layers make.
    let values: [String]
    private let model: IoUGraph.Model
    private let index: GraphIndex
    private let plan: QuantizationPlan
    /// Nothing is written with them yet: each layer begins with a copy.
    private let nodes: QuantizedNodes
    private let options: SessionOptions
    /// Inputs of the network, and the values of floats to them.
    private let references: [(inputs: [String: Tensor], outputs: [String: Tensor])]

    /// Runs the network in floats on the pictures at `positions`.
    init(
        _ model: IoUGraph.Model, _ index: GraphIndex, _ plan: QuantizationPlan,
        _ parameters: ActivationParameters, _ pictures: inout CalibrationPictures,
        at positions: [Int], options: SessionOptions
    ) throws {
        self.model = model
        self.index = index
        self.plan = plan
        nodes = QuantizedNodes(model, index, plan, parameters)
        self.options = options
        values = plan.finalValues
        var session = try Self.session(model, giving: values, options)
        var references: [(inputs: [String: Tensor], outputs: [String: Tensor])] = []
        for position in positions {
            let inputs = try pictures.inputs(position)
            references.append((inputs, try session.run(inputs)))
        }
        self.references = references
    }

    /// By layer of the plan: the mean over the last layers of noise by signal.
    func ofEachLayer() throws -> [Double] {
        let layers = plan.layers
        var progress = Progress(total: layers.count, work: "cost of each layer")
        defer { progress.clear() }
        return try layers.enumerated().map { number, layer in
            progress.update(done: number)
            let noise = try noise(of: model(quantizing: layer))
            return noise.reduce(0) { $0 + $1.ratio } / Double(max(noise.count, 1))
        }
    }

    /// By value: of another model that has them too.
    func noise(of other: IoUGraph.Model) throws -> [LayerNoise] {
        var noise = [LayerNoise](repeating: LayerNoise(), count: values.count)
        var session = try Self.session(other, giving: values, options)
        for reference in references {
            try session.execute(reference.inputs)
            for (number, name) in values.enumerated() {
                guard let exact = reference.outputs[name] else { continue }
                noise[number].add(
                    try exact.elements(as: Float.self),
                    try session.output(name).elements(as: Float.self))
            }
        }
        return noise
    }

    private static func session(
        _ model: IoUGraph.Model, giving values: [String], _ options: SessionOptions
    ) throws -> Session {
        var cut = model
        cut.graph.outputs = values.map { ValueInfo($0) }
        return try Session(IoURuntime.Model(bytes: cut.encoded()), options: options)
    }

    /// The model in floats, but for the operands and weights of one layer. What the layer makes stays
    /// as it is: in bytes it costs those that read them.
    private func model(quantizing layer: Int) -> IoUGraph.Model {
        var nodes = nodes
        var node = index.nodes[layer]
        var added: [Node] = []
        if plan.roles[layer] == .integer(.product) {
            let weights = nodes.weightInputs(of: node)
            added += weights.nodes
            node.inputs.replaceSubrange(1..., with: weights.inputs)
        }
        for value in Set(node.inputs).sorted() where plan.isQuantized(value) {
            guard let pair = nodes.pair(for: value, from: value, suffix: "") else { continue }
            added += pair.nodes
            node.inputs = node.inputs.map { $0 == value ? pair.dequantized : $0 }
        }
        var changed = model
        changed.graph.nodes.replaceSubrange(layer...layer, with: added + [node])
        changed.graph.initializers += nodes.constants
        return changed
    }
}
