extension GraphBuilder {
    /// max(0, x).
    public mutating func relu(_ input: Value, name: String) -> Value {
        node("Relu", name: name, [input])
    }

    /// Limits to `low` … `high`, scalars of the input's type.
    public mutating func clip(_ input: Value, low: Value, high: Value, name: String) -> Value {
        node("Clip", name: name, [input, low, high])
    }

    /// 1 / (1 + exp(-x)).
    public mutating func sigmoid(_ input: Value, name: String) -> Value {
        node("Sigmoid", name: name, [input])
    }
}
