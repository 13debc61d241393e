extension GraphBuilder {
    /// The largest element along one axis, which goes.
    public mutating func reduceMax(_ input: Value, axis: Int64, name: String) -> Value {
        node(
            "ReduceMax", name: name, [input],
            attributes: [Attribute("axes", .ints([axis])), Attribute("keepdims", .int(0))])
    }

    /// The sum along one axis, which goes.
    public mutating func reduceSum(
        _ input: Value, axis: Int64, name: String, output: String? = nil
    ) -> Value {
        node(
            "ReduceSum", name: name, [input, constant([axis])],
            attributes: [Attribute("keepdims", .int(0))], output: output)
    }
}
