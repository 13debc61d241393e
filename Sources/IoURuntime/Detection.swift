internal import CIoU

/// One object that was found in a picture.
public struct Detection: Hashable, Sendable {
    /// The name of the class.
    public let label: String

    /// The class, counted from 0.
    public let classIndex: Int

    /// The fused confidence S = p^α · IoU^(1 − α), 0 … 1.
    public let score: Float

    /// The class probability p, 0 … 1.
    public let probability: Float

    /// The predicted IoU, 0 … 1; `nil` where the model predicts none.
    public let iou: Float?

    public let box: Box

    /// Corners in pixels of the picture, in the model's convention.
    public struct Box: Hashable, Sendable {
        public let x1: Float
        public let y1: Float
        public let x2: Float
        public let y2: Float

        public init(x1: Float, y1: Float, x2: Float, y2: Float) {
            self.x1 = x1
            self.y1 = y1
            self.x2 = x2
            self.y2 = y2
        }
    }

    public init(
        label: String, classIndex: Int, score: Float, probability: Float, iou: Float?, box: Box
    ) {
        self.label = label
        self.classIndex = classIndex
        self.score = score
        self.probability = probability
        self.iou = iou
        self.box = box
    }
}

extension Detection {
    init(_ found: iou_detection, labels: [String]) {
        let index = Int(found.label)
        self.init(
            label: labels.indices.contains(index) ? labels[index] : "",
            classIndex: index,
            score: found.score,
            probability: found.probability,
            iou: found.iou.isNaN ? nil : found.iou,
            box: Box(x1: found.box.0, y1: found.box.1, x2: found.box.2, y2: found.box.3))
    }
}
