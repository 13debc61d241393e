/// What a batch normalization multiplies and adds, one number for each channel.
public struct BatchNormalizationParameters: Sendable {
    public var scale: Value
    public var shift: Value
    public var mean: Value
    public var variance: Value

    public init(scale: Value, shift: Value, mean: Value, variance: Value) {
        self.scale = scale
        self.shift = shift
        self.mean = mean
        self.variance = variance
    }
}

extension GraphBuilder {
    /// (input - mean) / sqrt(variance + epsilon) * scale + shift along axis 1, with fixed
    /// statistics.
    public mutating func batchNormalization(
        _ input: Value, _ parameters: BatchNormalizationParameters, name: String,
        epsilon: Float = 1e-5
    ) -> Value {
        node(
            "BatchNormalization", name: name,
            [input, parameters.scale, parameters.shift, parameters.mean, parameters.variance],
            attributes: [Attribute("epsilon", .float(epsilon))])
    }
}
