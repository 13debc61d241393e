/// Everything that decides what a detector's file contains, apart from its weights.
public struct DetectorConfiguration: Sendable {
    public var backbone: Backbone
    public var labels: Labels
    /// Channels of the pyramid and the towers.
    public var pyramidChannels: Int
    /// Fixed sides of the input; nil: any batch, height and width.
    public var inputSize: InputSize?
    /// How pictures are resized when the input's sides are not fixed, in pixels.
    public var shortSide = 800
    public var longSide = 1333
    /// Exponent of the class probability in the fused score, 0 … 1.
    public var alpha: Float = 0.5
    /// False: a plain RetinaNet.
    public var hasIoUHead = true
    public var convention = Convention.edges
    /// Notes for `iou.training.*`: key below that, text.
    public var trainingNotes: [(key: String, text: String)] = []

    public init(backbone: Backbone, labels: Labels) {
        self.backbone = backbone
        self.labels = labels
        self.pyramidChannels = backbone.defaultPyramidChannels
    }
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
