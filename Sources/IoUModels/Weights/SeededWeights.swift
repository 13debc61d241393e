import Glibc
public import IoUGraph

/// Reproducible random weights: the same for a seed on every machine, whatever the order in which
/// they are asked for.
public struct SeededWeights: Sendable {
    public let seed: UInt64

    public init(seed: UInt64) {
        self.seed = seed
    }

    /// The parameter's first values.
    public func tensor(for parameter: Parameter) -> TensorLiteral {
        TensorLiteral(
            parameter.name, floats: values(parameter),
            dimensions: parameter.shape.map { Int64($0) })
    }

    private func values(_ parameter: Parameter) -> [Float] {
        var random = RandomNumbers(seed: seed, name: parameter.name)
        switch parameter.start {
        case .constant(let value), .fixed(let value):
            return Array(repeating: value, count: parameter.count)
        case .normal(let deviation):
            return random.normal(parameter.count, deviation: deviation)
        case .around(let middle, let spread):
            return (0..<parameter.count).map { _ in
                middle + spread * Float(random.uniform() * 2 - 1)
            }
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014), begun at a seed and a name.
struct RandomNumbers {
    private var state: UInt64

    init(seed: UInt64, name: String) {
        // FNV-1a spreads the name over 64 bits.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        state = hash ^ (seed &* 0x9e37_79b9_7f4a_7c15)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }

    /// 0 ..< 1, in steps of 2⁻⁵³.
    mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// N(0, deviation) by Box and Muller's method.
    mutating func normal(_ count: Int, deviation: Float) -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
            for index in stride(from: 0, to: count, by: 2) {
                let radius = (-2 * log(1 - uniform())).squareRoot() * Double(deviation)
                let angle = 2 * Double.pi * uniform()
                buffer.initializeElement(at: index, to: Float(radius * cos(angle)))
                if index + 1 < count {
                    buffer.initializeElement(at: index + 1, to: Float(radius * sin(angle)))
                }
            }
            initialized = count
        }
    }
}
