import Glibc
import IoUConsole
package import IoURuntime

extension Roofline {
    /// A picture of 1600 × 1000 pixels.
    ///
    /// - Throws: `outOfMemory`; `inputOutput` where there is no font.
    package func picture() throws(IoUError) -> Image {
        let canvas = try Canvas(width: 1600, height: 1000)
        RooflinePicture(self, on: canvas).draw()
        return try canvas.picture()
    }
}

/// Draws a roofline: operations a byte to the right, operations a second upwards.
private struct RooflinePicture {
    private let roofline: Roofline
    private let canvas: Canvas
    private let frame = Rect(left: 90, top: 84, right: 1120, bottom: 850)
    private let x, y: LogAxis

    private let small = TextStyle(size: 13, colour: .faded)
    private let normal = TextStyle(size: 14)

    init(_ roofline: Roofline, on canvas: Canvas) {
        self.roofline = roofline
        self.canvas = canvas
        let counted = roofline.steps.filter(\.isCounted)
        let intensities = counted.map(\.intensity) + [roofline.ridge / 4, roofline.ridge * 4]
        let speeds = counted.map(\.gflops) + [roofline.peak / 8, roofline.peak]
        x = LogAxis(RooflinePicture.range(intensities), from: frame.left, to: frame.right)
        y = LogAxis(RooflinePicture.range(speeds), from: frame.bottom, to: frame.top)
    }

    /// With a margin; at most six decades, below which points are at the edge.
    private static func range(_ values: [Double]) -> ClosedRange<Double> {
        let greatest = (values.max() ?? 1) * 1.6
        return max((values.min() ?? 1) / 1.6, greatest * 1e-6)...greatest
    }

    func draw() {
        canvas.text(
            roofline.title, at: Point(x: frame.left, y: 44), TextStyle(size: 19, isBold: true))
        Axes(
            frame: frame, xTicks: x.ticks, yTicks: y.ticks,
            xName: "FLOP per byte of inputs, weights and outputs", yName: "GFLOP/s"
        ).draw(on: canvas)
        drawRoof()
        let groups = roofline.groups
        drawMarks(groups)
        RooflineTables(roofline, groups).draw(on: canvas, at: Point(x: 1150, y: frame.top))
        drawCaption()
    }

    /// The ceilings, and the line at 70 % of them.
    private func drawRoof() {
        canvas.line(roof(0.7), .faded, dashes: [2, 4])
        canvas.line(roof(1), .ink, width: 2)
        canvas.text(
            "70 %", at: Point(x: share.left, y: share.bottom - 4), small)
        canvas.text(
            "\(roofline.peak.fixed(0)) GFLOP/s in registers",
            at: Point(x: registers.left + 4, y: registers.bottom - 6), normal)
        let (middle, angle) = slope
        canvas.text(
            "\(roofline.bandwidth.fixed(1)) GB/s from and to memory",
            at: Point(x: middle.x + 8 * sin(angle), y: middle.y - 8 * cos(angle)),
            normal.aligned(.centre), angle: angle)
    }

    /// Where the peak is named: above the ridge.
    private var registers: Rect {
        let (left, bottom) = (x.place(roofline.ridge), y.place(roofline.peak))
        return Rect(left: left, top: bottom - 24, right: left + 210, bottom: bottom)
    }

    /// Where the lower line is named.
    private var share: Rect {
        let top = y.place(roofline.peak * 0.7)
        return Rect(left: frame.right - 44, top: top, right: frame.right, bottom: top + 20)
    }

    /// The middle of the roof's slope, and its angle.
    private var slope: (middle: Point, angle: Double) {
        let (foot, ridge) = (roof(1)[0], roof(1)[1])
        let middle = Point(x: (foot.x + ridge.x) / 2, y: (foot.y + ridge.y) / 2)
        return (middle, atan2(ridge.y - foot.y, ridge.x - foot.x))
    }

    /// What labels keep clear of.
    private var lettering: [Rect] {
        let (middle, angle) = slope
        let alongSlope = (-6...6).map { step in
            let reach = 16 * Double(step)
            let place = Point(
                x: middle.x + reach * cos(angle) + 13 * sin(angle),
                y: middle.y + reach * sin(angle) - 13 * cos(angle))
            return Rect(
                left: place.x - 10, top: place.y - 10, right: place.x + 10, bottom: place.y + 10)
        }
        return [registers, share] + alongSlope
    }

    /// Where the roof, times `share`, enters the frame; its ridge; its end.
    private func roof(_ share: Double) -> [Point] {
        let lowest = max(x.values.lowerBound, y.values.lowerBound / roofline.bandwidth / share)
        return [lowest, roofline.ridge, x.values.upperBound].map { intensity in
            Point(
                x: x.place(intensity), y: y.place(share * roofline.ceiling(at: intensity)))
        }
    }

    /// The slow ones first, so that the quick ones are seen before them.
    private func drawMarks(_ groups: [Roofline.Group]) {
        let marks = marks(groups)
        for mark in marks { canvas.disc(mark.centre, radius: mark.radius, mark.colour) }
        let labels = RooflineLabels(frame: frame, taken: lettering)
            .labels(for: marks) { canvas.width(of: $0, small) + 8 }
        for label in labels {
            canvas.line([label.anchor, label.place.nearest(to: label.anchor)], .ink, width: 0.7)
            canvas.fill(label.place, .white, opacity: 0.8)
            canvas.text(
                label.text, at: Point(x: label.place.left + 4, y: label.place.bottom - 5),
                TextStyle(size: small.size))
        }
    }

    private func marks(_ groups: [Roofline.Group]) -> [RooflineMark] {
        let slowest = roofline.steps.map(\.milliseconds).max() ?? 0
        let marks = groups.flatMap { group in
            group.steps.filter(\.isCounted).map { step in
                RooflineMark(
                    step: step,
                    centre: Point(x: x.place(step.intensity), y: y.place(step.gflops)),
                    radius: max(2.5, 24 * (step.milliseconds / slowest).squareRoot()),
                    colour: group.colour)
            }
        }
        return marks.sorted { $0.radius > $1.radius }
    }

    private func drawCaption() {
        let lines = roofline.remarks
        for (number, line) in lines.enumerated() {
            canvas.text(line, at: Point(x: frame.left, y: 920 + 20 * Double(number)), small)
        }
    }
}

extension Roofline {
    /// What a reader has to know of the picture.
    fileprivate var remarks: [String] {
        let counted = steps.filter(\.isCounted)
        var remarks = [
            "A disc is a step; its area is its time. The ceilings were measured beside it."
        ]
        if counted.contains(where: { $0.gflops > peak }) {
            remarks.append(
                "Above the roof: Winograd's filtering multiplies less than the direct convolution "
                    + "whose operations are counted.")
        }
        if counted.contains(where: { $0.intensity < ridge && $0.gflops > ceiling(at: $0.intensity) }
        ) {
            remarks.append("Above the slope: operands came from a cache, not from memory.")
        }
        let rest = steps.filter { !$0.isCounted }
        if !rest.isEmpty {
            let time = rest.reduce(0) { $0 + $1.milliseconds }
            remarks.append(
                "\(rest.count) of \(steps.count) steps have no counted operations and are in the "
                    + "table alone: \(time.fixed(2)) ms of \(milliseconds.fixed(2)) ms.")
        }
        return remarks
    }
}
