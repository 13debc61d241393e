/// A tree of operators that ends in one node: what a rule looks for.
indirect enum Pattern: Sendable {
    /// Any value. One name stands for one value.
    case value(String)
    /// A constant tensor.
    case constant(String)
    /// A constant of one element with this value, to six digits.
    case number(Double)
    /// The output of an operator.
    case operation(Operation)

    /// One operator of ONNX's own.
    struct Operation: Sendable {
        let types: Set<String>
        /// Under which the rule finds the node.
        let name: String
        /// The first inputs; further ones may be there.
        let inputs: [Pattern]
        /// The first two inputs match in either order.
        let isCommutative: Bool
        /// Others may use the output too: the rule leaves the node for them.
        let mayBeShared: Bool
    }

    static func op(
        _ types: String..., as name: String, _ inputs: [Pattern] = [], isCommutative: Bool = false,
        mayBeShared: Bool = false
    ) -> Pattern {
        .operation(
            Operation(
                types: Set(types), name: name, inputs: inputs, isCommutative: isCommutative,
                mayBeShared: mayBeShared))
    }

    /// A sum of two, in either order.
    static func sum(_ a: Pattern, _ b: Pattern, as name: String) -> Pattern {
        .op("Add", as: name, [a, b], isCommutative: true)
    }

    /// A product of two, in either order.
    static func product(_ a: Pattern, _ b: Pattern, as name: String) -> Pattern {
        .op("Mul", as: name, [a, b], isCommutative: true)
    }
}
