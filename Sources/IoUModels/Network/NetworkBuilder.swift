import IoUGraph

/// A value of the network with its channels.
struct Feature: Sendable {
    let value: Value
    let channels: Int
}

/// Writes layers under their module paths and notes which parameters they need.
///
/// A node is called by its module's path and a parameter by the path and its role, so that the
/// file's names are those of the weights (docs/detector.md, "Weights of other code bases").
struct NetworkBuilder {
    var graph: GraphBuilder
    private(set) var parameters: [Parameter] = []
    private var known: Set<String> = []

    /// Of every batch normalization.
    let normEpsilon: Float

    init(name: String, normEpsilon: Float) {
        graph = GraphBuilder(name: name)
        self.normEpsilon = normEpsilon
    }

    /// A parameter, noted when it is first asked for.
    mutating func parameter(_ name: String, _ shape: [Int], _ start: Parameter.Start) -> Value {
        if known.insert(name).inserted {
            parameters.append(Parameter(name: name, shape: shape, start: start))
        }
        return Value(name)
    }
}

/// The shape of a convolution layer.
struct ConvShape {
    var outputs: Int
    var kernel: Int
    var stride = 1
    var group = 1
}

extension NetworkBuilder {
    /// A square convolution that keeps the size, up to its stride: padding kernel / 2.
    ///
    /// `node` is the node's name where several share one module; `start` that of the weights.
    mutating func conv(
        _ input: Feature, _ shape: ConvShape, _ path: String, node: String? = nil,
        start: Parameter.Start? = nil, bias: Parameter.Start? = nil
    ) -> Feature {
        let fanIn = input.channels / shape.group
        let weight = parameter(
            "\(path).weight", [shape.outputs, fanIn, shape.kernel, shape.kernel],
            start ?? .normal(deviation: heDeviation(fanIn * shape.kernel * shape.kernel)))
        let bias = bias.map { parameter("\(path).bias", [shape.outputs], $0) } ?? .absent
        let value = graph.conv(
            input.value, weight: weight, bias: bias, name: node ?? path,
            kernel: Int64(shape.kernel), stride: Int64(shape.stride),
            padding: Int64(shape.kernel / 2), group: Int64(shape.group))
        return Feature(value: value, channels: shape.outputs)
    }

    /// Batch normalization; `scale` is what its scale starts at.
    mutating func norm(_ input: Feature, _ path: String, scale: Float = 1) -> Feature {
        let shape = [input.channels]
        let parameters = BatchNormalizationParameters(
            scale: parameter("\(path).weight", shape, .constant(scale)),
            shift: parameter("\(path).bias", shape, .constant(0)),
            mean: parameter("\(path).running_mean", shape, .around(0, spread: 0.05)),
            variance: parameter("\(path).running_var", shape, .around(1, spread: 0.1)))
        let value = graph.batchNormalization(
            input.value, parameters, name: path, epsilon: normEpsilon)
        return Feature(value: value, channels: input.channels)
    }

    /// GroupNorm of `groups` groups, in the pieces that PyTorch's exporter writes: groups become
    /// channels of an InstanceNormalization, and the scale and shift of the channels follow.
    ///
    /// `node` is the node's name where several share one module.
    mutating func groupNorm(
        _ input: Feature, groups: Int, _ path: String, node: String
    ) -> Feature {
        let fixed = (
            scale: parameter("constant.group_scale", [groups], .fixed(1)),
            shift: parameter("constant.group_shift", [groups], .fixed(0))
        )
        let shape = [input.channels, 1, 1]
        let scale = parameter("\(path).weight", shape, .around(1, spread: 0.1))
        let shift = parameter("\(path).bias", shape, .around(0, spread: 0.05))
        let rows = graph.reshape(
            input.value, shape: graph.constant([0, Int64(groups), -1]), name: "\(node).groups")
        let normal = graph.instanceNormalization(
            rows, scale: fixed.scale, shift: fixed.shift, name: "\(node).normal", epsilon: 1e-5)
        let sizes = graph.shape(input.value, name: "\(node).shape")
        let map = graph.reshape(normal, shape: sizes, name: "\(node).map")
        let scaled = graph.multiply(map, scale, name: "\(node).scaled")
        return Feature(
            value: graph.add(scaled, shift, name: node), channels: input.channels)
    }

    /// max(0, x).
    mutating func relu(_ input: Feature, _ path: String) -> Feature {
        Feature(value: graph.relu(input.value, name: path), channels: input.channels)
    }

    /// The sum of two features of one shape.
    mutating func add(_ left: Feature, _ right: Feature, _ path: String) -> Feature {
        Feature(
            value: graph.add(left.value, right.value, name: path), channels: left.channels)
    }

    /// He, Zhang, Ren, Sun, arXiv 1502.01852: keeps the variance through a ReLU.
    private func heDeviation(_ fanIn: Int) -> Float { (2 / Float(fanIn)).squareRoot() }
}
