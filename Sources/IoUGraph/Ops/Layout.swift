extension GraphBuilder {
    /// Joins values along one axis.
    public mutating func concat(_ inputs: [Value], axis: Int64, name: String) -> Value {
        node("Concat", name: name, inputs, attributes: [Attribute("axis", .int(axis))])
    }

    /// Axis i of the output is axis `order[i]` of the input.
    public mutating func transpose(
        _ input: Value, order: [Int64], name: String, output: String? = nil
    ) -> Value {
        node(
            "Transpose", name: name, [input], attributes: [Attribute("perm", .ints(order))],
            output: output)
    }

    /// The same elements under other extents, int64 [rank]; -1 stands for the rest.
    public mutating func reshape(_ input: Value, shape: Value, name: String) -> Value {
        node("Reshape", name: name, [input, shape])
    }
}
