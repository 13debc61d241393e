import IoUGraph

/// Feature pyramid (Lin et al., arXiv 1612.03144) with RetinaNet's two levels above.
struct Pyramid {
    let channels: Int
    let options: NetworkOptions

    /// C3, C4, C5 to P3 … P7 at strides 8 … 128.
    func build(_ network: inout NetworkBuilder, _ stages: [Feature]) -> [Feature] {
        var merged = stages.enumerated().map { index, stage in
            network.conv(
                stage, ConvShape(outputs: channels, kernel: 1),
                "neck.lateral_convs.\(index).conv", bias: .constant(0))
        }
        for level in (0..<merged.count - 1).reversed() {
            merged[level] = merge(&network, merged[level], merged[level + 1], level)
        }
        let outputs = merged.enumerated().map { index, feature in
            output(&network, feature, index, stride: 1)
        }
        let top = options.p6 == .c5 ? stages[stages.count - 1] : outputs[outputs.count - 1]
        let p6 = output(&network, top, outputs.count, stride: 2)
        let below = options.hasReluBeforeP7 ? network.relu(p6, "neck.relu") : p6
        let p7 = output(&network, below, outputs.count + 1, stride: 2)
        return outputs + [p6, p7]
    }

    private func output(
        _ network: inout NetworkBuilder, _ input: Feature, _ index: Int, stride: Int
    ) -> Feature {
        network.conv(
            input, ConvShape(outputs: channels, kernel: 3, stride: stride),
            "neck.fpn_convs.\(index).conv", bias: .constant(0))
    }

    /// Adds the level above, enlarged to the exact size of this one, so that the input's sides
    /// need not be multiples of 32.
    private func merge(
        _ network: inout NetworkBuilder, _ lateral: Feature, _ above: Feature, _ level: Int
    ) -> Feature {
        let path = "neck.upsample.\(level)"
        let below = network.graph.shape(lateral.value, name: "\(path).below")
        let size = network.graph.slice(below, start: 2, end: 4, name: "\(path).size")
        let shape = network.graph.shape(above.value, name: "\(path).above")
        let front = network.graph.slice(shape, start: 0, end: 2, name: "\(path).front")
        let sizes = network.graph.concat([front, size], axis: 0, name: "\(path).sizes")
        let enlarged = network.graph.resizeNearest(above.value, sizes: sizes, name: path)
        return network.add(
            lateral, Feature(value: enlarged, channels: channels), "neck.add.\(level)")
    }
}
