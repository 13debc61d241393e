/// A Kalman filter of a box that moves at a constant velocity: centre, aspect ratio (width over
/// height) and height, as SORT (arXiv 1602.00763) and ByteTrack (arXiv 2110.06864) take it.
///
/// Noise scales with the height of the box. Since it is independent in each of the four numbers, and
/// each number's velocity moves that number alone, the filter of eight states is four of two.
package struct MotionFilter: Sendable {
    private var centreX, centreY, aspect, height: MovingNumber

    /// Standard deviations of a position and of a velocity, as shares of the height.
    private static let positionShare = 1.0 / 20
    private static let velocityShare = 1.0 / 160

    /// Of the aspect ratio, which has no size: when the filter begins and moves, and when it is seen.
    private static let aspectDeviation = 1e-2
    private static let aspectVelocityDeviation = 1e-5
    private static let observedAspectDeviation = 1e-1

    /// A box that was seen once: its velocity is 0, and hardly known.
    package init(_ box: Rectangle) {
        let seen = BoxNumbers(box)
        let position = 2 * Self.positionShare * seen.height
        let velocity = 10 * Self.velocityShare * seen.height
        centreX = MovingNumber(seen.centreX, position, velocity)
        centreY = MovingNumber(seen.centreY, position, velocity)
        aspect = MovingNumber(seen.aspect, Self.aspectDeviation, Self.aspectVelocityDeviation)
        height = MovingNumber(seen.height, position, velocity)
    }

    /// Where the box is believed to be.
    package var box: Rectangle {
        BoxNumbers(
            centreX: centreX.position, centreY: centreY.position, aspect: aspect.position,
            height: height.position
        ).box
    }

    /// Moves on by one frame.
    ///
    /// - Parameter keepsHeight: Whether the height stays: that of an object that is not seen would
    ///   grow or shrink without end.
    package mutating func predict(keepsHeight: Bool) {
        if keepsHeight { height.stop() }
        let position = Self.positionShare * height.position
        let velocity = Self.velocityShare * height.position
        centreX.predict(position, velocity)
        centreY.predict(position, velocity)
        aspect.predict(Self.aspectDeviation, Self.aspectVelocityDeviation)
        height.predict(position, velocity)
    }

    /// Takes in that the box was seen.
    package mutating func update(_ box: Rectangle) {
        let seen = BoxNumbers(box)
        let deviation = Self.positionShare * height.position
        centreX.update(seen.centreX, deviation)
        centreY.update(seen.centreY, deviation)
        aspect.update(seen.aspect, Self.observedAspectDeviation)
        height.update(seen.height, deviation)
    }
}

/// A number that changes at a constant velocity, with the covariance of both.
struct MovingNumber: Sendable {
    private(set) var position: Double
    private(set) var velocity = 0.0
    private var positionVariance, velocityVariance: Double
    private var covariance = 0.0

    /// The deviations are those of a normal distribution.
    init(_ position: Double, _ positionDeviation: Double, _ velocityDeviation: Double) {
        self.position = position
        positionVariance = positionDeviation * positionDeviation
        velocityVariance = velocityDeviation * velocityDeviation
    }

    mutating func stop() {
        velocity = 0
    }

    /// x ← F x, P ← F P Fᵀ + Q with F = [1 1; 0 1].
    mutating func predict(_ positionDeviation: Double, _ velocityDeviation: Double) {
        position += velocity
        positionVariance +=
            2 * covariance + velocityVariance + positionDeviation * positionDeviation
        covariance += velocityVariance
        velocityVariance += velocityDeviation * velocityDeviation
    }

    /// The position was seen: K = P Hᵀ / (H P Hᵀ + R) with H = [1 0].
    mutating func update(_ seen: Double, _ deviation: Double) {
        let total = positionVariance + deviation * deviation
        guard total > 0 else { return }
        let gain = positionVariance / total
        let velocityGain = covariance / total
        let error = seen - position
        position += gain * error
        velocity += velocityGain * error
        velocityVariance -= velocityGain * covariance
        covariance -= gain * covariance
        positionVariance -= gain * positionVariance
    }
}

/// A box as the filter has it.
private struct BoxNumbers {
    let centreX, centreY, aspect, height: Double

    init(centreX: Double, centreY: Double, aspect: Double, height: Double) {
        self.centreX = centreX
        self.centreY = centreY
        self.aspect = aspect
        self.height = height
    }

    /// A box without height is as if it had a hair of it.
    init(_ box: Rectangle) {
        let height = max(box.y2 - box.y1, 1e-3)
        self.init(
            centreX: (box.x1 + box.x2) / 2, centreY: (box.y1 + box.y2) / 2,
            aspect: max(box.x2 - box.x1, 0) / height, height: height)
    }

    var box: Rectangle {
        let width = aspect * height
        return Rectangle(
            x1: centreX - width / 2, y1: centreY - height / 2, x2: centreX + width / 2,
            y2: centreY + height / 2)
    }
}
