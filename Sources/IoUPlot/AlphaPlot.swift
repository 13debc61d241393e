import IoUConsole
package import IoURuntime

/// Average precisions over the exponent α of the class probability.
package struct AlphaPlot {
    package struct Curve {
        let name: String
        /// By rising α; not empty.
        let points: [(alpha: Double, value: Double)]

        package init(name: String, points: [(alpha: Double, value: Double)]) {
            self.name = name
            self.points = points.sorted { $0.alpha < $1.alpha }
        }
    }

    let title: String
    /// What was measured, below the title.
    let subtitle: String
    /// The α that the model itself says.
    let own: Double?
    let curves: [Curve]

    package init(title: String, subtitle: String, own: Double?, curves: [Curve]) {
        self.title = title
        self.subtitle = subtitle
        self.own = own
        self.curves = curves.filter { !$0.points.isEmpty }
    }

    /// A picture of 1240 × 760 pixels.
    ///
    /// - Throws: `outOfMemory`; `inputOutput` where there is no font.
    package func picture() throws(IoUError) -> Image {
        let canvas = try Canvas(width: 1240, height: 760)
        AlphaPicture(self, on: canvas).draw()
        return try canvas.picture()
    }
}

extension AlphaPlot.Curve {
    /// Of equal values, the one at the least α.
    var best: (alpha: Double, value: Double) {
        points.reduce(points[0]) { $1.value > $0.value ? $1 : $0 }
    }

    func value(at alpha: Double?) -> Double? {
        points.first { $0.alpha == alpha }?.value
    }
}

/// Draws an ``AlphaPlot``: α to the right, average precision upwards.
private struct AlphaPicture {
    private let plot: AlphaPlot
    private let canvas: Canvas
    private let frame = Rect(left: 96, top: 108, right: 850, bottom: 670)
    private let x, y: LinearAxis

    private let small = TextStyle(size: 13, colour: .faded)
    private let normal = TextStyle(size: 14)

    init(_ plot: AlphaPlot, on canvas: Canvas) {
        self.plot = plot
        self.canvas = canvas
        let values = plot.curves.flatMap { $0.points.map(\.value) }
        x = LinearAxis(0...1, from: frame.left, to: frame.right, most: 11)
        y = LinearAxis(
            LinearAxis.range(of: values, most: 11), from: frame.bottom, to: frame.top, most: 11)
    }

    func draw() {
        canvas.text(plot.title, at: Point(x: 40, y: 44), TextStyle(size: 19, isBold: true))
        canvas.text(plot.subtitle, at: Point(x: 40, y: 70), normal)
        Axes(
            frame: frame, xTicks: x.ticks, yTicks: y.ticks,
            xName: "exponent α of p in S = p^α · IoU^(1 − α)", yName: "average precision"
        ).draw(on: canvas)
        let below = frame.bottom + 44
        canvas.text("the IoU alone", at: Point(x: frame.left, y: below), small)
        canvas.text("p alone", at: Point(x: frame.right, y: below), small.aligned(.right))
        drawOwn()
        for (curve, colour) in zip(plot.curves, Colour.palette) { draw(curve, colour) }
        drawLegend()
    }

    /// The model's α.
    private func drawOwn() {
        guard let own = plot.own else { return }
        let place = x.place(own)
        canvas.line(
            [Point(x: place, y: frame.top), Point(x: place, y: frame.bottom)], .faded,
            width: 1.2, dashes: [5, 4])
        canvas.text(
            "the model's α", at: Point(x: place, y: frame.top - 8), small.aligned(.centre))
    }

    private func draw(_ curve: AlphaPlot.Curve, _ colour: Colour) {
        let points = curve.points.map { Point(x: x.place($0.alpha), y: y.place($0.value)) }
        canvas.line(points, colour, width: 2.2)
        let best = Point(x: x.place(curve.best.alpha), y: y.place(curve.best.value))
        canvas.dot(best, radius: 9, colour)
        canvas.dot(best, radius: 7, .white)
        for point in points { canvas.dot(point, radius: 4.2, colour) }
    }

    private func drawLegend() {
        let columns = [1020.0, 1090, 1200]
        var base = Point(x: 880, y: frame.top + 14)
        drawCells(["best", "at α", "model's α"], columns, base, small)
        for (curve, colour) in zip(plot.curves, Colour.palette) {
            base.y += 30
            let middle = Point(x: base.x + 14, y: base.y - 5)
            canvas.line(
                [Point(x: base.x, y: middle.y), Point(x: base.x + 28, y: middle.y)], colour,
                width: 2.2)
            canvas.dot(middle, radius: 4.2, colour)
            canvas.text(curve.name, at: Point(x: base.x + 38, y: base.y), normal)
            let cells = [
                curve.best.value.fixed(3), curve.best.alpha.shortest(3),
                curve.value(at: plot.own)?.fixed(3) ?? "–",
            ]
            drawCells(cells, columns, base, normal)
        }
        base.y += 40
        canvas.dot(Point(x: base.x + 14, y: base.y - 5), radius: 9, .faded)
        canvas.dot(Point(x: base.x + 14, y: base.y - 5), radius: 7, .white)
        canvas.dot(Point(x: base.x + 14, y: base.y - 5), radius: 4.2, .faded)
        canvas.text("the best α measured", at: Point(x: base.x + 38, y: base.y), small)
    }

    private func drawCells(
        _ cells: [String], _ columns: [Double], _ base: Point, _ style: TextStyle
    ) {
        for (cell, right) in zip(cells, columns) {
            canvas.text(cell, at: Point(x: right, y: base.y), style.aligned(.right))
        }
    }
}
