package import IoUEval
package import IoURuntime

extension DetectorInfo.BoxConvention {
    private var pixel: Float { self == .inclusive ? 1 : 0 }

    /// x, y, width and height, as COCO has a box.
    package func coco(_ box: Detection.Box) -> [Float] {
        [box.x1, box.y1, box.x2 - box.x1 + pixel, box.y2 - box.y1 + pixel]
    }

    /// The edges around the pixels of a box.
    package func edges(_ box: Detection.Box) -> Detection.Box {
        Detection.Box(x1: box.x1, y1: box.y1, x2: box.x2 + pixel, y2: box.y2 + pixel)
    }

    /// The corners that the model would give a box.
    package func corners(_ box: BoundingBox) -> Detection.Box {
        Detection.Box(
            x1: Float(box.x), y1: Float(box.y), x2: Float(box.x + box.width) - pixel,
            y2: Float(box.y + box.height) - pixel)
    }
}
