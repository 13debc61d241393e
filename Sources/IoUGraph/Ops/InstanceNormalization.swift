extension GraphBuilder {
    /// (input - mean) / sqrt(variance + epsilon) * scale + shift with the statistics of each channel
    /// of each image: input [N, C, …], `scale` and `shift` [C].
    public mutating func instanceNormalization(
        _ input: Value, scale: Value, shift: Value, name: String, epsilon: Float
    ) -> Value {
        node(
            "InstanceNormalization", name: name, [input, scale, shift],
            attributes: [Attribute("epsilon", .float(epsilon))])
    }
}
