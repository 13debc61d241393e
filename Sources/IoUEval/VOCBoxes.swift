/// What the corners of a box in VOC's XML mean.
package enum VOCBoxes: String, CaseIterable, Sendable {
    /// Edges of pixels from 0, as most tools for annotating write them: a box is as wide as
    /// xmax − xmin.
    case edges

    /// The first and last pixels of the box, counted from 1, as the VOC challenges define them: a
    /// box begins at the edge xmin − 1 and is as wide as xmax − xmin + 1.
    case pixels

    /// - Parameter corners: xmin, ymin, xmax, ymax.
    func box(_ corners: [Double]) -> BoundingBox {
        let outer = self == .pixels ? 1.0 : 0
        return BoundingBox(
            x: corners[0] - outer, y: corners[1] - outer, width: corners[2] - corners[0] + outer,
            height: corners[3] - corners[1] + outer)
    }
}
