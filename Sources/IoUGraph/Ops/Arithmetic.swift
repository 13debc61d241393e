extension GraphBuilder {
    /// Element-wise sum, broadcast.
    public mutating func add(_ left: Value, _ right: Value, name: String) -> Value {
        node("Add", name: name, [left, right])
    }

    /// Element-wise product, broadcast.
    public mutating func multiply(_ left: Value, _ right: Value, name: String) -> Value {
        node("Mul", name: name, [left, right])
    }
}
