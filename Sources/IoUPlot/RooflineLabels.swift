import IoUConsole

/// A name beside its point, tied to it by a line.
struct RooflineLabel {
    let text: String
    let place: Rect
    let anchor: Point
}

/// A step where it is in the picture.
struct RooflineMark {
    let step: Roofline.Step
    let centre: Point
    let radius: Double
    let colour: Colour
}

/// Names the slowest steps, clear of each other.
struct RooflineLabels {
    private static let most = 10
    private static let height = 18.0
    private static let directions = [
        (1.0, 0.0), (-1, 0), (0, -1), (0, 1), (1, -1), (-1, -1), (1, 1), (-1, 1),
    ]
    private static let distances = [6.0, 22, 44, 76, 120]

    /// Where labels may be.
    let frame: Rect
    /// Where they may not.
    let taken: [Rect]

    /// Steps that are at one place have one label, which counts them.
    ///
    /// - Parameter width: Of a text.
    func labels(
        for marks: [RooflineMark], width: (String) -> Double
    ) -> [RooflineLabel] {
        var labels: [RooflineLabel] = []
        for cluster in RooflineLabels.clusters(marks.sorted(by: RooflineLabels.isSlower)) {
            guard labels.count < RooflineLabels.most else { break }
            let text = RooflineLabels.text(cluster)
            if let place = place(
                width(text), beside: cluster[0], marks, taken: taken + labels.map(\.place))
            {
                labels.append(RooflineLabel(text: text, place: place, anchor: cluster[0].centre))
            }
        }
        return labels
    }

    private static func isSlower(_ left: RooflineMark, _ right: RooflineMark) -> Bool {
        left.step.milliseconds > right.step.milliseconds
    }

    /// The slowest marks, each with those whose centres it covers.
    private static func clusters(_ ranked: [RooflineMark]) -> [[RooflineMark]] {
        var clusters: [[RooflineMark]] = []
        for mark in ranked {
            let host = clusters.firstIndex { $0[0].covers(mark.centre) }
            if let host {
                clusters[host].append(mark)
            } else if clusters.count < 2 * most {
                clusters.append([mark])
            }
        }
        return clusters
    }

    private static func text(_ cluster: [RooflineMark]) -> String {
        let slowest = cluster[0].step
        let text = "\(slowest.shownName)  \(slowest.milliseconds.fixed(2)) ms"
        return cluster.count == 1 ? text : "\(text), +\(cluster.count - 1)"
    }

    /// The place that covers the fewest marks; the nearest of several.
    private func place(
        _ width: Double, beside mark: RooflineMark, _ marks: [RooflineMark], taken: [Rect]
    ) -> Rect? {
        var best: (rect: Rect, covered: Int)?
        for distance in RooflineLabels.distances {
            for direction in RooflineLabels.directions {
                let rect = rect(width, mark, direction, distance)
                guard frame.contains(rect), !taken.contains(where: rect.overlaps) else { continue }
                let covered = marks.count { $0.overlaps(rect) }
                if covered < best?.covered ?? .max { best = (rect, covered) }
            }
        }
        return best?.rect
    }

    private func rect(
        _ width: Double, _ mark: RooflineMark, _ direction: (Double, Double), _ distance: Double
    ) -> Rect {
        let reach = mark.radius + distance
        let middle = Point(
            x: mark.centre.x + direction.0 * (reach + width / 2),
            y: mark.centre.y + direction.1 * (reach + RooflineLabels.height / 2))
        return Rect(
            left: middle.x - width / 2, top: middle.y - RooflineLabels.height / 2,
            right: middle.x + width / 2, bottom: middle.y + RooflineLabels.height / 2)
    }
}

extension RooflineMark {
    fileprivate func covers(_ point: Point) -> Bool {
        distanceSquared(to: point) <= radius * radius
    }

    fileprivate func overlaps(_ rect: Rect) -> Bool {
        distanceSquared(to: rect.nearest(to: centre)) < radius * radius
    }

    private func distanceSquared(to point: Point) -> Double {
        let (x, y) = (point.x - centre.x, point.y - centre.y)
        return x * x + y * y
    }
}
