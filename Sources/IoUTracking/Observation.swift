/// An object that a detector found in one frame.
package struct Observation: Hashable, Sendable {
    package let box: Rectangle
    package let score: Double

    /// Objects of other classes are other objects.
    package let classIndex: Int

    package init(box: Rectangle, score: Double, classIndex: Int) {
        self.box = box
        self.score = score
        self.classIndex = classIndex
    }
}

/// A box by its edges, in pixels.
package struct Rectangle: Hashable, Sendable {
    package let x1, y1, x2, y2: Double

    package init(x1: Double, y1: Double, x2: Double, y2: Double) {
        self.x1 = x1
        self.y1 = y1
        self.x2 = x2
        self.y2 = y2
    }

    private var area: Double { max(0, x2 - x1) * max(0, y2 - y1) }

    /// Intersection over union, 0 … 1; 0 where neither has an area.
    package func overlap(with other: Rectangle) -> Double {
        let width = min(x2, other.x2) - max(x1, other.x1)
        let height = min(y2, other.y2) - max(y1, other.y1)
        guard width > 0, height > 0 else { return 0 }
        let shared = width * height
        return shared / (area + other.area - shared)
    }
}
