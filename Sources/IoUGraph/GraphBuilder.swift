/// Writes a graph node by node.
///
/// A node's first output has the node's name unless told otherwise. Operators are in `Ops/`, one
/// file for each family.
public struct GraphBuilder: Sendable {
    public private(set) var graph: Graph
    private var constants: [[Int64]: Value] = [:]
    private var scalars: [Float: Value] = [:]

    public init(name: String) {
        graph = Graph(name: name)
    }

    /// Declares an input.
    public mutating func input(_ name: String, _ type: TypeInfo) -> Value {
        graph.inputs.append(ValueInfo(name, type))
        return Value(name)
    }

    /// Declares an output, a value that a node of the graph makes.
    public mutating func output(_ value: Value, _ type: TypeInfo) {
        graph.outputs.append(ValueInfo(value.name, type))
    }

    /// Adds a constant.
    public mutating func initializer(_ tensor: TensorLiteral) -> Value {
        graph.initializers.append(tensor)
        return Value(tensor.name)
    }

    /// A list of integers; equal lists share one constant.
    public mutating func constant(_ ints: [Int64]) -> Value {
        if let known = constants[ints] { return known }
        let name = "constant." + ints.map(String.init).joined(separator: "_")
        let value = initializer(TensorLiteral(name, ints: ints))
        constants[ints] = value
        return value
    }

    /// A number without axes; equal numbers share one constant.
    public mutating func scalar(_ number: Float) -> Value {
        if let known = scalars[number] { return known }
        let value = initializer(
            TensorLiteral("constant.float.\(number)", floats: [number], dimensions: []))
        scalars[number] = value
        return value
    }

    /// Adds a node with several outputs, called `NAME.OUTPUT`.
    public mutating func node(
        _ type: String, name: String, _ inputs: [Value], attributes: [Attribute] = [],
        outputs: [String]
    ) -> [Value] {
        let values = outputs.map { Value("\(name).\($0)") }
        graph.nodes.append(
            Node(
                type, name: name, inputs: inputs.map(\.name), outputs: values.map(\.name),
                attributes: attributes))
        return values
    }

    /// Adds a node with one output, called `output` or like the node.
    public mutating func node(
        _ type: String, name: String, _ inputs: [Value], attributes: [Attribute] = [],
        output: String? = nil
    ) -> Value {
        let value = Value(output ?? name)
        var inputs = inputs
        while inputs.last == .absent { inputs.removeLast() }
        graph.nodes.append(
            Node(
                type, name: name, inputs: inputs.map(\.name), outputs: [value.name],
                attributes: attributes))
        return value
    }
}
