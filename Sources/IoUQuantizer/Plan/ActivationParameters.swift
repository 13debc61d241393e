/// Scale and zero point of every quantized value.
struct ActivationParameters {
    private var ranges: [String: ActivationRange] = [:]
    private let shared: SharedParameters

    /// Values that share parameters get a range that holds all of theirs.
    init(_ ranges: [String: ActivationRange], _ plan: QuantizationPlan) {
        shared = plan.shared
        for value in plan.quantized {
            let own = ranges[value] ?? ActivationRange(0, 0)
            let name = shared.representative(of: value)
            self.ranges[name] = self.ranges[name]?.union(own) ?? own
        }
    }

    /// Nil where the value is not quantized.
    func range(of value: String) -> ActivationRange? {
        ranges[shared.representative(of: value)]
    }

    subscript(value: String) -> AffineParameters? { range(of: value).map { AffineParameters($0) } }

    /// The value that the parameters of `value` are named after.
    func owner(of value: String) -> String { shared.representative(of: value) }
}
