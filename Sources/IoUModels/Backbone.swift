/// The networks that a detector can build on.
public enum Backbone: String, CaseIterable, Sendable {
    case resnet18
    case resnet34
    case resnet50
    case resnet101
    case resnext101 = "resnext101-32x4d"
    case mobilenetv2

    /// Channels of the pyramid unless asked otherwise: 128 for the small backbone, else 256.
    public var defaultPyramidChannels: Int { self == .mobilenetv2 ? 128 : 256 }

    /// Whether its residual blocks have 1×1 convolutions around a 3×3 one.
    public var hasBottlenecks: Bool { resNet?.block == .bottleneck }
}

extension Backbone {
    /// Adds the backbone to a network; gives C3, C4, C5 at strides 8, 16, 32.
    func build(
        _ network: inout NetworkBuilder, _ image: Feature, _ options: NetworkOptions
    ) -> [Feature] {
        guard var resNet else { return MobileNetV2().build(&network, image) }
        resNet.stride = options.bottleneckStride
        return resNet.build(&network, image)
    }

    private var resNet: ResNet? {
        switch self {
        case .resnet18: ResNet(block: .basic, counts: [2, 2, 2, 2])
        case .resnet34: ResNet(block: .basic, counts: [3, 4, 6, 3])
        case .resnet50: ResNet(block: .bottleneck, counts: [3, 4, 6, 3])
        case .resnet101: ResNet(block: .bottleneck, counts: [3, 4, 23, 3])
        case .resnext101:
            ResNet(block: .bottleneck, counts: [3, 4, 23, 3], groups: 32, groupWidth: 4)
        case .mobilenetv2: nil
        }
    }
}
