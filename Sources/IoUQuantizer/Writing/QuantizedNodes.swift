import IoUCompiler
import IoUGraph

/// Writes QuantizeLinear and DequantizeLinear nodes with their constants, each constant once.
struct QuantizedNodes {
    private let index: GraphIndex
    private let parameters: ActivationParameters
    private var names: UsedNames
    private(set) var constants: [TensorLiteral] = []
    /// By the value that owns the parameters: the names of its scale and zero point.
    private var activationConstants: [String: (scale: String, zero: String)] = [:]
    /// By name and axis of the weights.
    private var weights: [WeightsKey: (bytes: QuantizedWeights, dequantized: String)] = [:]
    private let biases: [WeightsKey: [(scale: Float, values: [Float])]]

    private struct WeightsKey: Hashable {
        let name: String
        let axis: Int?
    }

    init(
        _ model: Model, _ index: GraphIndex, _ plan: QuantizationPlan,
        _ parameters: ActivationParameters
    ) {
        self.index = index
        self.parameters = parameters
        names = UsedNames(model.allValueNames)
        biases = plan.layers.reduce(into: [:]) { biases, number in
            let node = index.nodes[number]
            guard let product = Product(node, in: index), let tensor = product.weights,
                let scale = parameters[node.inputs[0]]?.scale
            else { return }
            let key = WeightsKey(name: tensor.name, axis: product.axis)
            biases[key, default: []].append((scale, product.bias?.floats ?? []))
        }
    }

    mutating func freshName(_ base: String) -> String {
        let name = names.fresh(base)
        names.insert(name)
        return name
    }

    /// An activation's way into bytes and back; nil where it is not quantized.
    mutating func pair(
        for value: String, from source: String, suffix: String
    ) -> (nodes: [Node], quantized: String, dequantized: String)? {
        guard let parameters = parameters[value] else { return nil }
        let (scale, zero) = constants(of: value, parameters)
        let quantized = freshName("\(value).quantized\(suffix)")
        let dequantized = freshName("\(value).dequantized\(suffix)")
        let nodes = [
            Node(
                "QuantizeLinear", name: freshName("\(value).quantize\(suffix)"),
                inputs: [source, scale, zero], outputs: [quantized]),
            Node(
                "DequantizeLinear", name: freshName("\(value).dequantize\(suffix)"),
                inputs: [quantized, scale, zero], outputs: [dequantized]),
        ]
        return (nodes, quantized, dequantized)
    }

    private mutating func constants(
        of value: String, _ parameters: AffineParameters
    ) -> (scale: String, zero: String) {
        let owner = self.parameters.owner(of: value)
        if let known = activationConstants[owner] { return known }
        let pair = (freshName("\(owner).scale"), freshName("\(owner).zero_point"))
        constants.append(TensorLiteral(pair.0, floats: [parameters.scale], dimensions: []))
        constants.append(
            TensorLiteral(
                pair.1, type: .uint8, dimensions: [], content: .bytes(Blob([parameters.zeroPoint])))
        )
        activationConstants[owner] = pair
        return pair
    }

    /// The inputs of a product behind its first operand as they come back from integers, and the nodes
    /// that give them where they were not there before.
    mutating func weightInputs(of node: Node) -> (nodes: [Node], inputs: [String]) {
        guard let product = Product(node, in: index), let tensor = product.weights,
            let activation = parameters[node.inputs[0]]?.scale
        else { return ([], Array(node.inputs.dropFirst())) }
        var made: [Node] = []
        let key = WeightsKey(name: tensor.name, axis: product.axis)
        if weights[key] == nil { made.append(dequantizer(of: tensor, key)) }
        guard let known = weights[key] else { return (made, Array(node.inputs.dropFirst())) }
        var inputs = [known.dequantized] + node.inputs.dropFirst(2)
        if let bias = product.bias?.floats {
            let sums = known.bytes.quantized(bias: bias, activation: activation)
            let added = biasDequantizer(sums, base: "\(node.displayName).bias")
            made.append(added)
            inputs[1] = added.outputs[0]
        }
        return (made, inputs)
    }

    private mutating func dequantizer(of tensor: TensorLiteral, _ key: WeightsKey) -> Node {
        let bytes = QuantizedWeights(tensor, axis: key.axis, biases: biases[key] ?? [])
        let name = tensor.name
        let output = freshName("\(name).dequantized")
        let inputs = ["quantized", "scale", "zero_point"].map { freshName("\(name).\($0)") }
        let shape = key.axis == nil ? [] : [Int64(bytes.scales.count)]
        constants += [
            TensorLiteral(
                inputs[0], type: .int8, dimensions: tensor.dimensions,
                content: .bytes(Blob(bytes.bytes.map { UInt8(bitPattern: $0) }))),
            TensorLiteral(inputs[1], floats: bytes.scales, dimensions: shape),
            TensorLiteral(
                inputs[2], type: .int8, dimensions: shape,
                content: .bytes(Blob([UInt8](repeating: 0, count: bytes.scales.count)))),
        ]
        weights[key] = (bytes, output)
        return Node(
            "DequantizeLinear", name: freshName("\(name).dequantize"), inputs: inputs,
            outputs: [output],
            attributes: key.axis.map { [Attribute("axis", .int(Int64($0)))] } ?? [])
    }

    private mutating func biasDequantizer(
        _ bias: (scales: [Float], sums: [Int32]), base: String
    ) -> Node {
        let output = freshName("\(base).dequantized")
        let inputs = ["quantized", "scale"].map { freshName("\(base).\($0)") }
        let count = Int64(bias.sums.count)
        let bytes = bias.sums.withUnsafeBytes { Array($0) }
        constants += [
            TensorLiteral(
                inputs[0], type: .int32, dimensions: [count], content: .bytes(Blob(bytes))),
            TensorLiteral(inputs[1], floats: bias.scales, dimensions: [count]),
        ]
        return Node(
            "DequantizeLinear", name: freshName("\(base).dequantize"), inputs: inputs,
            outputs: [output], attributes: [Attribute("axis", .int(0))])
    }
}

extension Model {
    /// The names of all values of the graph and of those within its nodes.
    fileprivate var allValueNames: Set<String> {
        let nodes = allNodes
        let ends = graph.inputs + graph.outputs
        return Set(
            nodes.flatMap { $0.inputs + $0.outputs + [$0.name] } + ends.map(\.name)
                + allTensors.map(\.name))
    }
}
