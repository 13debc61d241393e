/// The numbers that an activation is to hold; what lies outside is clipped. Zero is among them, since
/// padding and what a Relu cuts off must stay exact.
package struct ActivationRange: Hashable, Sendable {
    package let low: Float
    package let high: Float

    package init(_ low: Float, _ high: Float) {
        self.low = min(low, 0)
        self.high = max(high, 0)
    }

    func union(_ other: ActivationRange) -> ActivationRange {
        ActivationRange(min(low, other.low), max(high, other.high))
    }
}
