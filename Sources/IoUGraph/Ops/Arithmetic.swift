extension GraphBuilder {
    /// Element-wise sum, broadcast.
    public mutating func add(_ left: Value, _ right: Value, name: String) -> Value {
        node("Add", name: name, [left, right])
    }

    /// Element-wise difference, broadcast.
    public mutating func subtract(_ left: Value, _ right: Value, name: String) -> Value {
        node("Sub", name: name, [left, right])
    }

    /// Element-wise product, broadcast.
    public mutating func multiply(_ left: Value, _ right: Value, name: String) -> Value {
        node("Mul", name: name, [left, right])
    }

    /// Element-wise quotient, broadcast; of integers rounded towards zero.
    public mutating func divide(_ left: Value, _ right: Value, name: String) -> Value {
        node("Div", name: name, [left, right])
    }

    /// base^exponent, element-wise, broadcast.
    public mutating func power(_ base: Value, _ exponent: Value, name: String) -> Value {
        node("Pow", name: name, [base, exponent])
    }

    /// The smaller of two elements, broadcast.
    public mutating func minimum(_ left: Value, _ right: Value, name: String) -> Value {
        node("Min", name: name, [left, right])
    }

    /// The larger of two elements, broadcast.
    public mutating func maximum(_ left: Value, _ right: Value, name: String) -> Value {
        node("Max", name: name, [left, right])
    }

    /// e^x.
    public mutating func exp(_ input: Value, name: String) -> Value {
        node("Exp", name: name, [input])
    }

    /// The square root.
    public mutating func sqrt(_ input: Value, name: String) -> Value {
        node("Sqrt", name: name, [input])
    }
}
