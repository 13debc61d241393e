import IoUEval
import IoURuntime

/// What the corners of a model's boxes are.
enum BoxConvention {
    /// Edges of pixels: a box is as wide as x2 - x1.
    case edges

    /// Its first and last pixels: a box is a pixel wider.
    case inclusive

    init(_ model: Model) {
        self = model.metadata("iou.boxes.convention") == "inclusive" ? .inclusive : .edges
    }

    private var pixel: Float { self == .inclusive ? 1 : 0 }

    /// x, y, width and height, as COCO has a box.
    func coco(_ box: Detection.Box) -> [Float] {
        [box.x1, box.y1, box.x2 - box.x1 + pixel, box.y2 - box.y1 + pixel]
    }

    /// The corners that the model would give a box.
    func corners(_ box: BoundingBox) -> Detection.Box {
        Detection.Box(
            x1: Float(box.x), y1: Float(box.y), x2: Float(box.x + box.width) - pixel,
            y2: Float(box.y + box.height) - pixel)
    }
}
