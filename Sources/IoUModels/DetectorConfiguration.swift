import IoUGraph

/// Everything that decides what a detector's file contains, apart from its weights.
public struct DetectorConfiguration: Sendable {
    public let backbone: Backbone
    public let labels: Labels
    public let convention: Convention
    /// Channels of the pyramid and the towers.
    public var pyramidChannels: Int
    /// Details of the network; the convention's unless changed.
    public var network: NetworkOptions
    /// Fixed sides of the input; nil: any batch, height and width.
    public var inputSize: InputSize?
    /// Order of the input's channels; the convention's unless changed.
    public var inputColor: InputColor
    /// Order of the anchors among the channels; the convention's unless changed.
    public var anchorOrder: AnchorOrder
    /// How pictures are resized when the input's sides are not fixed, in pixels.
    public var shortSide = 800
    public var longSide = 1333
    /// Exponent of the class probability in the fused score, 0 … 1.
    public var alpha: Float = 0.5
    /// Reported of one picture; the convention's unless changed.
    public var maxDetections: Int
    /// False: a plain RetinaNet.
    public var hasIoUHead = true
    public var postprocess = Postprocess.none
    /// Notes for `iou.training.*`: key below that, text.
    public var trainingNotes: [(key: String, text: String)] = []

    public init(backbone: Backbone, labels: Labels, convention: Convention = .edges) {
        self.backbone = backbone
        self.labels = labels
        self.convention = convention
        pyramidChannels = backbone.defaultPyramidChannels
        network = convention.network
        inputColor = convention.inputColor
        anchorOrder = convention.anchorOrder
        maxDetections = convention.maxDetections
    }
}

/// What follows the network in the graph.
public enum Postprocess: String, CaseIterable, Sendable {
    /// Nothing: outputs are logits and deltas.
    case none
    /// Decoding, fusion and suppression: outputs are boxes.
    case graph
}

/// Height and width in pixels.
public struct InputSize: Hashable, Sendable {
    public var height: Int
    public var width: Int

    public init(height: Int, width: Int) {
        self.height = height
        self.width = width
    }
}

extension DetectorConfiguration {
    var classChannels: ClassChannels { convention.classChannels(labels) }
    var rules: ConventionRules { ConventionRules(convention) }

    /// Throws `.mismatch` where the parts contradict each other.
    func check() throws(GraphError) {
        if network.bottleneckStride == .conv1x1 && !backbone.hasBottlenecks
            && convention.network.bottleneckStride != .conv1x1
        {
            throw GraphError(
                .mismatch,
                "the stride is in the 1x1 convolution, but \(backbone.rawValue) has no bottlenecks")
        }
        let groups = NetworkOptions.TowerNorm.groups
        if network.towerNorm == .groupNorm && pyramidChannels % groups != 0 {
            throw GraphError(
                .mismatch,
                "\(pyramidChannels) channels of the towers cannot be normalized in \(groups) groups"
            )
        }
    }
}
