/// What differs between networks on the same backbone: properties of the weights, that cannot be read
/// from them (docs/detector.md, "What differs between code bases").
public struct NetworkOptions: Hashable, Sendable {
    /// What P6 is computed from.
    public enum P6Source: String, CaseIterable, Sendable {
        /// The backbone's last stage.
        case c5
        /// The pyramid's level below.
        case p5
    }

    /// The convolution of a bottleneck that has the stage's stride.
    public enum BottleneckStride: String, CaseIterable, Sendable {
        /// The first one, as in the models of the ResNet paper.
        case conv1x1 = "1x1"
        case conv3x3 = "3x3"
    }

    /// Normalization after each convolution of the towers.
    public enum TowerNorm: String, CaseIterable, Sendable {
        case none
        /// GroupNorm of 32 groups; the convolutions have no bias then.
        case groupNorm = "groupnorm32"

        static let groups = 32
    }

    public var p6 = P6Source.c5
    /// The RetinaNet paper has a ReLU there, the authors of the IoU head do not.
    public var hasReluBeforeP7 = false
    public var bottleneckStride = BottleneckStride.conv3x3
    /// Added to the variance by the batch normalizations of the backbone.
    public var normEpsilon: Float = 1e-5
    public var towerNorm = TowerNorm.none

    public init() {}
}
