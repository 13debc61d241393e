struct Point: Hashable {
    var x, y: Double
}

struct Rect: Hashable {
    var left, top, right, bottom: Double

    var width: Double { right - left }
    var height: Double { bottom - top }

    func overlaps(_ other: Rect) -> Bool {
        left < other.right && other.left < right && top < other.bottom && other.top < bottom
    }

    func contains(_ other: Rect) -> Bool {
        left <= other.left && other.right <= right && top <= other.top && other.bottom <= bottom
    }

    /// The point of the rectangle that is nearest to `point`.
    func nearest(to point: Point) -> Point {
        Point(x: min(max(point.x, left), right), y: min(max(point.y, top), bottom))
    }
}
