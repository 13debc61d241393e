import IoUGraph

/// MobileNetV2 of width 1.0 (Sandler et al., arXiv 1801.04381) under torchvision's names, up to
/// `features.17`.
struct MobileNetV2 {
    /// A row of the paper's table 2.
    private struct Stage {
        let expansion: Int
        let outputs: Int
        let count: Int
        let stride: Int
    }

    private static let stages = [
        Stage(expansion: 1, outputs: 16, count: 1, stride: 1),
        Stage(expansion: 6, outputs: 24, count: 2, stride: 2),
        Stage(expansion: 6, outputs: 32, count: 3, stride: 2),
        Stage(expansion: 6, outputs: 64, count: 4, stride: 2),
        Stage(expansion: 6, outputs: 96, count: 3, stride: 1),
        Stage(expansion: 6, outputs: 160, count: 3, stride: 2),
        Stage(expansion: 6, outputs: 320, count: 1, stride: 1),
    ]

    /// The last layers at strides 8, 16, 32.
    private static let taps = [6, 13, 17]

    func build(_ network: inout NetworkBuilder, _ image: Feature) -> [Feature] {
        let stem = ConvShape(outputs: 32, kernel: 3, stride: 2)
        var x = convNormClip(&network, image, stem, "backbone.features.0")
        var index = 1
        var taps: [Feature] = []
        for stage in Self.stages {
            for repetition in 0..<stage.count {
                let stride = repetition == 0 ? stage.stride : 1
                x = block(&network, x, stage, stride, "backbone.features.\(index)")
                if Self.taps.contains(index) { taps.append(x) }
                index += 1
            }
        }
        return taps
    }

    /// Expand (1×1), filter each channel (3×3), project (1×1, no activation).
    private func block(
        _ network: inout NetworkBuilder, _ input: Feature, _ stage: Stage, _ stride: Int,
        _ path: String
    ) -> Feature {
        let hidden = input.channels * stage.expansion
        var x = input
        var part = 0
        if stage.expansion != 1 {
            x = convNormClip(
                &network, x, ConvShape(outputs: hidden, kernel: 1), "\(path).conv.\(part)")
            part += 1
        }
        let filter = ConvShape(outputs: hidden, kernel: 3, stride: stride, group: hidden)
        x = convNormClip(&network, x, filter, "\(path).conv.\(part)")
        x = network.conv(
            x, ConvShape(outputs: stage.outputs, kernel: 1), "\(path).conv.\(part + 1)")
        let isResidual = stride == 1 && input.channels == stage.outputs
        let scale = isResidual ? Parameter.branchScale : 1
        x = network.norm(x, "\(path).conv.\(part + 2)", scale: scale)
        return isResidual ? network.add(input, x, "\(path).add") : x
    }

    private func convNormClip(
        _ network: inout NetworkBuilder, _ input: Feature, _ shape: ConvShape, _ path: String
    ) -> Feature {
        let x = network.norm(network.conv(input, shape, "\(path).0"), "\(path).1")
        let low = network.parameter("constant.zero", [], .fixed(0))
        let high = network.parameter("constant.six", [], .fixed(6))
        let value = network.graph.clip(x.value, low: low, high: high, name: "\(path).2")
        return Feature(value: value, channels: x.channels)
    }
}
