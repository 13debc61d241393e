/// The networks that a detector can stand on.
public enum Backbone: String, CaseIterable, Sendable {
    case resnet18
    case resnet50
    case mobilenetv2

    /// Channels of the pyramid unless asked otherwise: 128 for the small backbone, else 256.
    public var defaultPyramidChannels: Int { self == .mobilenetv2 ? 128 : 256 }
}

extension Backbone {
    /// Adds the backbone to a network; gives C3, C4, C5 at strides 8, 16, 32.
    func build(_ network: inout NetworkBuilder, _ image: Feature) -> [Feature] {
        switch self {
        case .resnet18: ResNet(block: .basic, counts: [2, 2, 2, 2]).build(&network, image)
        case .resnet50: ResNet(block: .bottleneck, counts: [3, 4, 6, 3]).build(&network, image)
        case .mobilenetv2: MobileNetV2().build(&network, image)
        }
    }
}
