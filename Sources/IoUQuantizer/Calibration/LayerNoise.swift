import Glibc
import IoUGraph
import IoURuntime

/// What quantizing one layer alone does to what it makes.
package struct LayerNoise: Sendable {
    /// The sum of squares of the layer's output in floats.
    private var signal = 0.0
    /// The sum of squares of the differences.
    private var noise = 0.0
    /// Of one picture, of a product.
    package fileprivate(set) var multiplyAdds = 0.0

    /// The ratio of both in decibels; infinite where nothing differs.
    package var decibels: Double {
        guard noise > 0 else { return .infinity }
        return signal > 0 ? 10 * log10(signal / noise) : -.infinity
    }

    /// Noise by signal; 0 where there is no signal.
    var ratio: Double { signal > 0 ? noise / signal : 0 }

    mutating func add(_ exact: Span<Float>, _ found: Span<Float>) {
        for index in exact.indices {
            let value = Double(exact[index])
            let difference = value - Double(found[index])
            signal += value * value
            noise += difference * difference
        }
    }
}

extension LayerNoise {
    /// By layer of the plan: each is given the floats of the layer before it, quantized.
    static func measure(
        _ model: IoUGraph.Model, _ index: GraphIndex, _ plan: QuantizationPlan,
        _ parameters: ActivationParameters, _ pictures: inout CalibrationPictures,
        at positions: [Int], options: SessionOptions
    ) throws -> [LayerNoise] {
        let probes = Probes(model, index, plan, parameters)
        let layers = plan.layers
        let groups = layers.enumerated().map { number, layer in
            [plan.end(of: layer), probes.outputs[number], index.nodes[layer].inputs[0]]
        }
        let observed = ObservedModel(probes.model, observing: groups, options: options)
        let files = pictures.files
        var found = [LayerNoise](repeating: LayerNoise(), count: layers.count)
        try observed.run(&pictures, at: positions, work: "noise of each layer") {
            number, picture, session in
            let names = groups[number].map(ObservedModel.outputName)
            let exact = try session.output(names[0])
            guard try Calibration.extremes(exact.elements(as: Float.self)) != nil else {
                throw Calibration.notFinite(groups[number][0], in: files[picture])
            }
            found[number].add(
                try exact.elements(as: Float.self),
                try session.output(names[1]).elements(as: Float.self))
            let node = index.nodes[layers[number]]
            if plan.roles[layers[number]] == .integer(.product),
                let product = Product(node, in: index)
            {
                found[number].multiplyAdds = product.multiplyAdds(
                    of: node, outputs: exact.count, operand: try session.output(names[2]).shape)
            }
        }
        return found
    }
}

/// A model of floats with, beside each layer, the same layer by itself in bytes.
private struct Probes {
    private(set) var model: IoUGraph.Model
    /// By layer of the plan.
    private(set) var outputs: [String] = []
    private var nodes: QuantizedNodes
    private var dequantized: [String: String] = [:]
    private let suffix = ".alone"

    init(
        _ model: IoUGraph.Model, _ index: GraphIndex, _ plan: QuantizationPlan,
        _ parameters: ActivationParameters
    ) {
        self.model = model
        nodes = QuantizedNodes(model, index, plan, parameters)
        for layer in plan.layers { append(layer, index, plan) }
        self.model.graph.initializers += nodes.constants
    }

    private mutating func append(_ layer: Int, _ index: GraphIndex, _ plan: QuantizationPlan) {
        var value = ""
        for number in plan.chain(of: layer) {
            var node = index.nodes[number]
            if plan.roles[number] == .integer(.product) {
                let weights = nodes.weightInputs(of: node)
                model.graph.nodes += weights.nodes
                node.inputs.replaceSubrange(1..., with: weights.inputs)
            }
            node.inputs =
                number == layer
                ? node.inputs.map { inBytes($0) } : [value] + node.inputs.dropFirst()
            value = nodes.freshName("\(node.outputs[0])\(suffix)")
            node.name = ""
            node.outputs[0] = value
            model.graph.nodes.append(node)
        }
        let end = plan.end(of: layer)
        if let pair = nodes.pair(for: end, from: value, suffix: suffix) {
            model.graph.nodes += pair.nodes
            value = pair.dequantized
        }
        outputs.append(value)
    }

    /// An operand as it comes back from bytes.
    private mutating func inBytes(_ value: String) -> String {
        if let known = dequantized[value] { return known }
        guard let pair = nodes.pair(for: value, from: value, suffix: suffix) else { return value }
        model.graph.nodes += pair.nodes
        dequantized[value] = pair.dequantized
        return pair.dequantized
    }
}
