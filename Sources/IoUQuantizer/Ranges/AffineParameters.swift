/// How an activation is stored in a byte: x = scale · (q − zeroPoint), q from 0 to 255.
package struct AffineParameters: Hashable, Sendable {
    package let scale: Float
    package let zeroPoint: UInt8

    /// Steps between the least and the greatest byte.
    static let steps = 255.0

    /// A narrower range is one of zeros: products of its scale with others could vanish.
    private static let leastWidth = 1e-12

    package init(_ range: ActivationRange) {
        let (low, high) = (Double(range.low), Double(range.high))
        guard high - low >= Self.leastWidth else {
            (scale, zeroPoint) = (1, 0)
            return
        }
        scale = Float((high - low) / Self.steps)
        let zero = (-low / Double(scale)).rounded(.toNearestOrEven)
        zeroPoint = UInt8(min(max(zero, 0), Self.steps))
    }

    /// The number that comes back when `x` has been quantized and dequantized.
    func rounded(_ x: Double) -> Double {
        let scale = Double(scale)
        let quantum = (x / scale).rounded(.toNearestOrEven) + Double(zeroPoint)
        return (min(max(quantum, 0), Self.steps) - Double(zeroPoint)) * scale
    }
}
