import IoUGraph

/// A constant of weights as signed bytes, with a scale for each channel and zero points of 0.
struct QuantizedWeights {
    let axis: Int?
    let scales: [Float]
    let bytes: [Int8]

    /// The greatest byte; −128 is left out, so that weights of both signs have one grid.
    static let greatest: Float = 127

    /// Sums begin with the bias; so much of 32 bits is its own.
    private static let greatestBias = 1073741824.0

    /// A smaller scale could become 0 in a product with another.
    private static let leastScale: Float = 1e-20

    /// - Parameter biases: For each product that takes the weights, the scale of its activation and
    ///   what it adds to each channel: a channel of tiny weights gets a scale by which the bias fits
    ///   in 32 bits.
    init(_ tensor: TensorLiteral, axis: Int?, biases: [(scale: Float, values: [Float])]) {
        self.axis = axis
        let values = tensor.floats ?? []
        let inner = axis.map { tensor.dimensions[($0 + 1)...].reduce(1, *) }.map { Int($0) }
        let channels = axis.map { Int(tensor.dimensions[$0]) } ?? 1
        let channel = { (index: Int) in inner.map { index / $0 % channels } ?? 0 }
        var greatest = [Float](repeating: 0, count: channels)
        for (index, value) in values.enumerated() {
            greatest[channel(index)] = max(greatest[channel(index)], value.magnitude)
        }
        scales = greatest.enumerated().map { number, magnitude in
            let least = biases.map { bias in
                Self.leastScale(for: bias.values, number, channels, activation: bias.scale)
            }.max()
            let scale = max(magnitude / Self.greatest, least ?? 0)
            return scale > 0 ? max(scale, Self.leastScale) : 1
        }
        let scales = scales
        bytes = values.enumerated().map { index, value in
            let quantum = (value / scales[channel(index)]).rounded(.toNearestOrEven)
            return Int8(min(max(quantum, -Self.greatest), Self.greatest))
        }
    }

    /// The smallest scale by which a bias fits; of a transposed convolution in groups several channels
    /// share one.
    private static func leastScale(
        for bias: [Float], _ channel: Int, _ channels: Int, activation: Float
    ) -> Float {
        let own = stride(from: channel, to: bias.count, by: channels).map { bias[$0].magnitude }
        return Float(Double(own.max() ?? 0) / (Double(activation) * greatestBias))
    }

    /// A bias in units of the sums: products of this scale of the activation and those of the weights.
    func quantized(bias: [Float], activation: Float) -> (scales: [Float], sums: [Int32]) {
        let units = bias.indices.map {
            Float(Double(activation) * Double(scales[$0 % scales.count]))
        }
        let sums = zip(bias, units).map { value, unit in
            Int32((Double(value) / Double(unit)).rounded(.toNearestOrEven))
        }
        return (units, sums)
    }
}
