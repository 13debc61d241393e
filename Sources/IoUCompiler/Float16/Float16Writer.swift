import IoUGraph

/// The model in which what was chosen computes in float16.
struct Float16Writer {
    private let constants: KnownConstants
    private let choice: Float16Choice
    private let values: Float16Values
    private(set) var result: Model

    init(
        _ model: Model, _ constants: KnownConstants, _ choice: Float16Choice,
        _ values: Float16Values
    ) {
        (self.constants, self.choice, self.values) = (constants, choice, values)
        result = model
        result.graph.nodes = []
        result.graph.initializers = []
        for tensor in model.graph.initializers { write(tensor) }
        writeBorder(of: model)
        for (index, node) in model.graph.nodes.enumerated() { write(node, index) }
        result.describeValues()
    }

    // MARK: Constants

    private mutating func write(_ tensor: TensorLiteral) {
        guard constants[tensor.name] != nil, values.has(tensor.name),
            values.isNeeded(tensor.name, .half)
        else {
            result.graph.initializers.append(tensor)
            return
        }
        if values.isNeeded(tensor.name, .single) {
            var single = tensor
            single.name = values.name(tensor.name, .single)
            result.graph.initializers.append(single)
        }
        addHalf(tensor)
    }

    private mutating func addHalf(_ tensor: TensorLiteral) {
        result.graph.initializers.append(
            tensor.float16(named: values.name(tensor.name, .half)))
    }

    /// A Constant node; what is needed in float16 becomes an initializer.
    private mutating func write(constant node: Node, _ tensor: TensorLiteral) {
        let value = node.outputs[0]
        if values.isNeeded(value, .half) { addHalf(tensor) }
        if values.isNeeded(value, .single) || !values.isNeeded(value, .half) {
            var node = node
            node.outputs[0] = values.name(value, .single)
            result.graph.nodes.append(node)
        }
    }

    // MARK: Border

    private mutating func writeBorder(of model: Model) {
        // Before IR version 4 every initializer is an input, and none may be fed: no need to.
        let initializers = Set(model.graph.initializers.map(\.name))
        if !model.isOverridable {
            result.graph.inputs.removeAll { initializers.contains($0.name) }
            result.irVersion = 4
        }
        for index in result.graph.inputs.indices { setType(&result.graph.inputs[index]) }
        for index in result.graph.outputs.indices { setType(&result.graph.outputs[index]) }
        let given =
            result.graph.inputs.map(\.name) + model.graph.initializers.map(\.name)
            + model.graph.sparseInitializers.compactMap { $0.values?.name }
        var seen: Set<String> = []
        for value in given where constants[value] == nil && seen.insert(value).inserted {
            addCast(of: value)
        }
    }

    private func setType(_ info: inout ValueInfo) {
        guard values.has(info.name), values.own(info.name) == .half,
            case .tensor(.float32, let shape) = info.type?.type
        else { return }
        info.type?.type = .tensor(.float16, shape: shape)
    }

    // MARK: Nodes

    private mutating func write(_ node: Node, _ index: Int) {
        if node.isStandard, node.type == "Constant", let value = node.outputs.first,
            let tensor = constants[value], values.has(value)
        {
            return write(constant: node, tensor)
        }
        var rewritten = node
        for (place, input) in node.inputs.enumerated() {
            guard let precision = choice.precision(ofInput: place, node, index) else { continue }
            rewritten.inputs[place] = values.name(input, precision)
        }
        rewritten.outputs = node.outputs.map { values.name($0, values.made($0)) }
        if choice.converted[index] != nil, node.type == "Cast" {
            rewritten.replace(Attribute("to", .int(Int64(ElementType.float16.rawValue))))
        }
        result.graph.nodes.append(rewritten)
        for output in node.outputs { addCast(of: output) }
    }

    /// Makes the version of a value that its node does not make, where one is needed.
    private mutating func addCast(of value: String) {
        let from = values.made(value)
        guard values.isNeeded(value, from.other) else { return }
        let (source, output) = (values.name(value, from), values.name(value, from.other))
        let to = Attribute("to", .int(Int64(from.other.type.rawValue)))
        result.graph.nodes.append(
            Node(
                "Cast", name: "\(value).cast", inputs: [source], outputs: [output], attributes: [to]
            ))
    }
}

extension Node {
    fileprivate mutating func replace(_ attribute: Attribute) {
        guard let index = attributes.firstIndex(where: { $0.name == attribute.name }) else {
            return
        }
        attributes[index] = attribute
    }
}
