import CIoU
public import IoUGraph

/// An IoU-aware RetinaNet as a graph, before it has weights.
///
/// Source: Wu, Li, Wang, arXiv 1912.05992, with the authors' code deciding where the paper is
/// silent. Input `images` [N, 3, H, W]; outputs, for levels p3 … p7, `cls_logits.p3`
/// [N, H, W, 9 · classes], `box_deltas.p3` [N, H, W, 36] and `iou_logits.p3` [N, H, W, 9]; or, with
/// post-processing in the graph, those of `docs/metadata.md`.
public struct Detector: Sendable {
    static let inputName = "images"

    /// What the network needs, in the order in which it uses it.
    public let parameters: [Parameter]
    private let graph: Graph
    private let configuration: DetectorConfiguration
    private let metadata: [Property]

    /// Throws `.mismatch` or `.unsupported` where parts of the configuration contradict each other
    /// or have no graph.
    public init(_ configuration: DetectorConfiguration) throws(GraphError) {
        try configuration.check()
        if configuration.postprocess == .graph {
            try DetectionGraph(configuration: configuration).check()
        }
        var network = NetworkBuilder(
            name: "iou-aware-retinanet", normEpsilon: configuration.network.normEpsilon)
        let image = network.graph.input(Self.inputName, Self.inputType(configuration.inputSize))
        let stages = configuration.backbone.build(
            &network, Feature(value: image, channels: 3), configuration.network)
        let pyramid = Pyramid(
            channels: configuration.pyramidChannels, options: configuration.network)
        let levels = pyramid.build(&network, stages)
        let head = Head(
            anchors: Anchors.count, classes: configuration.classChannels.count,
            hasIoU: configuration.hasIoUHead, norm: configuration.network.towerNorm)
        let outputs = head.build(&network, levels)
        switch configuration.postprocess {
        case .none: Self.declare(outputs, configuration, &network)
        case .graph: DetectionGraph(configuration: configuration).build(&network.graph, outputs)
        }
        parameters = network.parameters
        graph = network.graph.graph
        self.configuration = configuration
        metadata = DetectorMetadata(configuration: configuration, outputs: outputs).properties
    }

    /// What a backbone alone needs.
    static func parameters(of backbone: Backbone, _ options: NetworkOptions) -> [Parameter] {
        var network = NetworkBuilder(name: backbone.rawValue, normEpsilon: options.normEpsilon)
        let image = network.graph.input(inputName, inputType(nil))
        _ = backbone.build(&network, Feature(value: image, channels: 3), options)
        return network.parameters
    }

    private static func inputType(_ size: InputSize?) -> TypeInfo {
        guard let size else { return .tensor(.float32, ["batch", 3, "height", "width"]) }
        return .tensor(
            .float32, ["batch", 3, .number(Int64(size.height)), .number(Int64(size.width))])
    }

    private static func declare(
        _ outputs: Head.Outputs, _ configuration: DetectorConfiguration,
        _ network: inout NetworkBuilder
    ) {
        for maps in [outputs.classes, outputs.boxes, outputs.ious] {
            for (level, map) in maps.enumerated() {
                let grid = grid(configuration.inputSize, Anchors.strides[level])
                network.graph.output(
                    map.value,
                    .tensor(.float32, ["batch"] + grid + [.number(Int64(map.channels))]))
            }
        }
    }

    /// Every halving rounds up, so a level has ceil(side / stride) cells.
    private static func grid(_ size: InputSize?, _ stride: Int) -> [Dimension] {
        guard let size else {
            return ["height", "width"].map {
                .symbol("floor((\($0)+\(stride - 1))/\(stride))")
            }
        }
        return [size.height, size.width].map { .number(Int64(($0 + stride - 1) / stride)) }
    }
}

extension Detector {
    /// The model with weights from a function that gives a tensor for a parameter.
    private func model(_ weights: (Parameter) throws(GraphError) -> TensorLiteral)
        throws(GraphError) -> Model
    {
        var graph = graph
        let fixed = graph.initializers
        graph.initializers = []
        for parameter in parameters { graph.initializers.append(try weights(parameter)) }
        graph.initializers += fixed
        var model = Model(graph: graph)
        model.producerName = "iouc"
        model.producerVersion = String(cString: iou_version())
        model.metadata = metadata
        try model.inferShapes()
        return model
    }

    /// The model with reproducible random weights.
    public func model(_ weights: SeededWeights) throws(GraphError) -> Model {
        try model { (parameter) throws(GraphError) in weights.tensor(for: parameter) }
    }

    /// The model with the weights of a file. Throws `.mismatch` with what the file holds, what would
    /// fit it, and examples of what is missing, left over or of the wrong shape.
    public func model(_ weights: WeightFile) throws(GraphError) -> Model {
        try WeightMatch(
            parameters: parameters, file: weights, configuration: configuration
        ).check()
        let fixed = SeededWeights(seed: 0)
        return try model { (parameter) throws(GraphError) in
            parameter.isLearned ? try weights.tensor(parameter) : fixed.tensor(for: parameter)
        }
    }
}
