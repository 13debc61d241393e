extension GraphBuilder {
    /// The extents, int64 [rank].
    public mutating func shape(_ input: Value, name: String) -> Value {
        node("Shape", name: name, [input])
    }

    /// Elements `start` ..< `end` of one axis.
    public mutating func slice(
        _ input: Value, start: Int64, end: Int64, axis: Int64 = 0, name: String
    ) -> Value {
        let bounds = [constant([start]), constant([end]), constant([axis])]
        return node("Slice", name: name, [input] + bounds)
    }

    /// A tensor of a shape, int64 [rank], with one number everywhere.
    public mutating func filled(_ shape: Value, with number: Float, name: String) -> Value {
        node(
            "ConstantOfShape", name: name, [shape],
            attributes: [
                Attribute("value", .tensor(TensorLiteral("", floats: [number], dimensions: [1])))
            ])
    }

    /// The same elements with an axis of extent 1 more.
    public mutating func unsqueeze(_ input: Value, axis: Int64, name: String) -> Value {
        node("Unsqueeze", name: name, [input, constant([axis])])
    }

    /// Elements of one axis by number.
    public mutating func gather(
        _ input: Value, indices: Value, axis: Int64 = 0, name: String
    ) -> Value {
        node(
            "Gather", name: name, [input, indices], attributes: [Attribute("axis", .int(axis))])
    }
}
