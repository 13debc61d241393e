internal import CIoUImage

/// How boxes are drawn.
public struct DrawingStyle: Hashable, Sendable {
    /// Boxes alone, without class and score.
    public var hidesLabels: Bool

    /// The width of lines in pixels; `nil`: what suits the picture.
    public var lineWidth: Int?

    public init(hidesLabels: Bool = false, lineWidth: Int? = nil) {
        self.hidesLabels = hidesLabels
        self.lineWidth = lineWidth
    }

    var c: iou_draw_options {
        iou_draw_options(hides_labels: hidesLabels, line_width: Float(lineWidth ?? 0))
    }
}
