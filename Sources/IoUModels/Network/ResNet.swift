import IoUGraph

/// ResNet (He et al., arXiv 1512.03385) and ResNeXt (arXiv 1611.05431).
struct ResNet {
    enum Block {
        /// Two 3×3 convolutions.
        case basic
        /// 1×1, 3×3, 1×1 with four times the channels.
        case bottleneck

        var expansion: Int { self == .basic ? 1 : 4 }
    }

    let block: Block
    /// Blocks of each of the four stages.
    let counts: [Int]
    /// Groups of the 3×3 convolution and channels of one at the first stage: ResNeXt's 32×4d is
    /// 32 and 4.
    var groups = 1
    var groupWidth = 64
    var stride = NetworkOptions.BottleneckStride.conv3x3

    /// Gives the outputs of the stages at strides 8, 16, 32.
    func build(_ network: inout NetworkBuilder, _ image: Feature) -> [Feature] {
        var x = stem(&network, image)
        var taps: [Feature] = []
        for (stage, count) in counts.enumerated() {
            for index in 0..<count {
                let place = Place(
                    path: "backbone.layer\(stage + 1).\(index)", planes: 64 << stage,
                    stride: stage > 0 && index == 0 ? 2 : 1)
                x = add(&network, x, place)
            }
            taps.append(x)
        }
        return Array(taps.dropFirst())
    }

    private func stem(_ network: inout NetworkBuilder, _ image: Feature) -> Feature {
        var x = network.conv(
            image, ConvShape(outputs: 64, kernel: 7, stride: 2), "backbone.conv1")
        x = network.relu(network.norm(x, "backbone.bn1"), "backbone.relu")
        let pooled = network.graph.maxPool(
            x.value, name: "backbone.maxpool", kernel: 3, stride: 2, padding: 1)
        return Feature(value: pooled, channels: 64)
    }

    private struct Place {
        let path: String
        let planes: Int
        let stride: Int
    }

    private func add(_ network: inout NetworkBuilder, _ input: Feature, _ place: Place) -> Feature {
        let branch =
            block == .basic ? basic(&network, input, place) : bottleneck(&network, input, place)
        let shortcut = shortcut(&network, input, place)
        let sum = network.add(branch, shortcut, "\(place.path).add")
        return network.relu(sum, "\(place.path).relu")
    }

    private func basic(_ network: inout NetworkBuilder, _ input: Feature, _ place: Place) -> Feature
    {
        let (path, planes) = (place.path, place.planes)
        let first = ConvShape(outputs: planes, kernel: 3, stride: place.stride)
        var x = network.norm(network.conv(input, first, "\(path).conv1"), "\(path).bn1")
        x = network.relu(x, "\(path).relu1")
        x = network.conv(x, ConvShape(outputs: planes, kernel: 3), "\(path).conv2")
        return network.norm(x, "\(path).bn2", scale: Parameter.branchScale)
    }

    private func bottleneck(
        _ network: inout NetworkBuilder, _ input: Feature, _ place: Place
    ) -> Feature {
        let path = place.path
        let width = place.planes * groupWidth / 64 * groups
        let strides = stride == .conv1x1 ? (place.stride, 1) : (1, place.stride)
        let first = ConvShape(outputs: width, kernel: 1, stride: strides.0)
        var x = network.conv(input, first, "\(path).conv1")
        x = network.relu(network.norm(x, "\(path).bn1"), "\(path).relu1")
        let middle = ConvShape(outputs: width, kernel: 3, stride: strides.1, group: groups)
        x = network.norm(network.conv(x, middle, "\(path).conv2"), "\(path).bn2")
        x = network.relu(x, "\(path).relu2")
        let outputs = place.planes * block.expansion
        x = network.conv(x, ConvShape(outputs: outputs, kernel: 1), "\(path).conv3")
        return network.norm(x, "\(path).bn3", scale: Parameter.branchScale)
    }

    /// The input itself, or a 1×1 projection where a stage changes the shape.
    private func shortcut(
        _ network: inout NetworkBuilder, _ input: Feature, _ place: Place
    ) -> Feature {
        let outputs = place.planes * block.expansion
        if place.stride == 1 && input.channels == outputs { return input }
        let shape = ConvShape(outputs: outputs, kernel: 1, stride: place.stride)
        let projected = network.conv(input, shape, "\(place.path).downsample.0")
        return network.norm(projected, "\(place.path).downsample.1")
    }
}
