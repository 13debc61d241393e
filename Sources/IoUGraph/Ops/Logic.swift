extension GraphBuilder {
    /// Whether left > right, element-wise, broadcast.
    public mutating func greater(_ left: Value, _ right: Value, name: String) -> Value {
        node("Greater", name: name, [left, right])
    }

    /// Elements of `yes` where `condition` holds, else of `no`, broadcast.
    public mutating func choose(
        _ condition: Value, _ yes: Value, _ no: Value, name: String, output: String? = nil
    ) -> Value {
        node("Where", name: name, [condition, yes, no], output: output)
    }

    /// The same numbers in another type.
    public mutating func cast(_ input: Value, to type: ElementType, name: String) -> Value {
        node(
            "Cast", name: name, [input],
            attributes: [Attribute("to", .int(Int64(type.rawValue)))])
    }
}
