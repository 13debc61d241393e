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
        let reached = plan.reached(by: values)
        let groups = Self.apart(reached)
        var costs = [Double](repeating: 0, count: reached.count)
        var progress = Progress(total: groups.count, work: "cost of each layer")
        defer { progress.clear() }
        for (number, group) in groups.enumerated() {
            progress.update(done: number)
            let noise = try noise(of: model(quantizing: Set(group.map { plan.layers[$0] })))
            for layer in group {
                let sum = reached[layer].sorted().reduce(0) { $0 + noise[$1].ratio }
                costs[layer] = sum / Double(values.count)
            }
        }
        return costs
    }

    /// Layers in groups of which no two reach the same value, such as those of different heads: one run
    /// tells of all of them.
    private static func apart(_ reached: [Set<Int>]) -> [[Int]] {
        var groups: [(layers: [Int], reached: Set<Int>)] = []
        for (layer, values) in reached.enumerated() {
            if let at = groups.firstIndex(where: { $0.reached.isDisjoint(with: values) }) {
                groups[at].layers.append(layer)
                groups[at].reached.formUnion(values)
            } else {
                groups.append(([layer], values))
            }
        }
        return groups.map(\.layers)
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

    /// The model in floats, but for the operands and weights of some layers. What a layer makes stays as
    /// it is: in bytes it costs those that read them.
    private func model(quantizing layers: Set<Int>) -> IoUGraph.Model {
        var nodes = nodes
        var changed = model
        changed.graph.nodes = index.nodes.enumerated().flatMap { number, node in
            layers.contains(number) ? quantized(node, plan.roles[number], &nodes) : [node]
        }
        changed.graph.initializers += nodes.constants
        return changed
    }

    /// The node behind those that give it its operands from bytes.
    private func quantized(
        _ node: Node, _ role: QuantizationPlan.Role, _ nodes: inout QuantizedNodes
    ) -> [Node] {
        var node = node
        var added: [Node] = []
        if role == .integer(.product) {
            let weights = nodes.weightInputs(of: node)
            added += weights.nodes
            node.inputs.replaceSubrange(1..., with: weights.inputs)
        }
        for value in Set(node.inputs).sorted() where plan.isQuantized(value) {
            guard let pair = nodes.pair(for: value, from: value, suffix: "") else { continue }
            added += pair.nodes
            node.inputs = node.inputs.map { $0 == value ? pair.dequantized : $0 }
        }
        return added + [node]
    }
}
