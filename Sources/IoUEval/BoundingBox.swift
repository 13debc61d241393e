/// An upright box in pixels of a picture, by the edges of pixels: the first pixel reaches from 0
/// to 1.
package struct BoundingBox: Hashable, Sendable {
    /// The left edge.
    package var x: Double

    /// The upper edge.
    package var y: Double

    package var width: Double
    package var height: Double

    package init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    package var area: Double { width * height }

    /// The intersection over the union, 0 … 1; 0 where one of the boxes has no area.
    package func iou(with other: BoundingBox) -> Double {
        let shared = intersection(with: other)
        return shared > 0 ? shared / (area + other.area - shared) : 0
    }

    /// The part of the box that lies in a crowd's box, 0 … 1: COCO's measure for crowds.
    package func coverage(by crowd: BoundingBox) -> Double {
        let shared = intersection(with: crowd)
        return shared > 0 ? shared / area : 0
    }

    /// In the order of pycocotools' operations, so that boxes at a threshold fall on its side.
    private func intersection(with other: BoundingBox) -> Double {
        let wide = min(x + width, other.x + other.width) - max(x, other.x)
        let high = min(y + height, other.y + other.height) - max(y, other.y)
        return wide > 0 && high > 0 ? wide * high : 0
    }

    /// What a box of finite numbers and non-negative sides is not; `nil` where it is one.
    var fault: String? {
        guard (x + width).isFinite, (y + height).isFinite, area.isFinite else {
            return "expected a box of finite numbers, found \(self)"
        }
        guard width >= 0, height >= 0 else {
            return "expected a box with sides of at least 0, found \(self)"
        }
        return nil
    }
}

extension BoundingBox: CustomStringConvertible {
    /// As COCO writes it: x, y, width, height.
    package var description: String { "[\(x), \(y), \(width), \(height)]" }
}
