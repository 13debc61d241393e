import Glibc
import IoUConsole
package import IoURuntime

/// What a detector says of its detections against how well their boxes lie: a panel for every kind
/// of score.
package struct ScatterPlot {
    package struct Panel {
        let name: String
        /// Below the name.
        let remarks: [String]
        /// 0 … 1, one for each of ``ScatterPlot/overlaps``.
        let scores: [Double]

        package init(name: String, remarks: [String], scores: [Double]) {
            self.name = name
            self.remarks = remarks
            self.scores = scores
        }
    }

    let title: String
    let subtitle: String
    /// True IoUs of the detections, 0 … 1.
    let overlaps: [Double]
    /// The least true IoU of what counts as found.
    let threshold: Double
    /// At least one.
    let panels: [Panel]

    package init(
        title: String, subtitle: String, overlaps: [Double], threshold: Double, panels: [Panel]
    ) {
        self.title = title
        self.subtitle = subtitle
        self.overlaps = overlaps
        self.threshold = threshold
        self.panels = panels
    }

    /// A picture of 700 rows, with 480 columns for each panel, and room for what is around them.
    ///
    /// - Throws: `outOfMemory`; `inputOutput` where there is no font.
    package func picture() throws(IoUError) -> Image {
        let canvas = try Canvas(width: max(800, 80 + 480 * panels.count), height: 700)
        ScatterPicture(self, on: canvas).draw()
        return try canvas.picture()
    }
}

/// Draws a ``ScatterPlot``: true IoU to the right, scores upwards.
private struct ScatterPicture {
    private let plot: ScatterPlot
    private let canvas: Canvas

    private let small = TextStyle(size: 13, colour: .faded)
    private let normal = TextStyle(size: 14)
    private let right = Colour.palette[0], wrong = Colour.palette[1]

    init(_ plot: ScatterPlot, on canvas: Canvas) {
        self.plot = plot
        self.canvas = canvas
    }

    func draw() {
        canvas.text(plot.title, at: Point(x: 40, y: 44), TextStyle(size: 19, isBold: true))
        canvas.text(plot.subtitle, at: Point(x: 40, y: 70), normal)
        for (number, panel) in plot.panels.enumerated() {
            let left = 96 + 480 * Double(number)
            draw(
                panel, in: Rect(left: left, top: 176, right: left + 420, bottom: 596),
                isFirst: number == 0)
        }
        drawLegend()
    }

    private func draw(_ panel: ScatterPlot.Panel, in frame: Rect, isFirst: Bool) {
        let x = LinearAxis(0...1, from: frame.left, to: frame.right, most: 6)
        let y = LinearAxis(0...1, from: frame.bottom, to: frame.top, most: 6)
        canvas.text(
            panel.name, at: Point(x: frame.left, y: frame.top - 52),
            TextStyle(size: 16, isBold: true))
        for (row, remark) in panel.remarks.enumerated() {
            canvas.text(
                remark, at: Point(x: frame.left, y: frame.top - 30 + 18 * Double(row)), small)
        }
        Axes(
            frame: frame, xTicks: x.ticks, yTicks: y.ticks, xName: "true IoU",
            yName: isFirst ? "confidence" : ""
        ).draw(on: canvas)
        let limit = x.place(plot.threshold)
        canvas.line(
            [Point(x: frame.left, y: frame.bottom), Point(x: frame.right, y: frame.top)], .faded,
            dashes: [2, 4])
        canvas.line(
            [Point(x: limit, y: frame.top), Point(x: limit, y: frame.bottom)], .faded,
            dashes: [5, 4])
        for (overlap, score) in zip(plot.overlaps, panel.scores) {
            canvas.dot(
                Point(x: x.place(overlap), y: y.place(score)), radius: 2.6, colour(of: overlap),
                opacity: opacity)
        }
        drawMeans(panel, x, y)
    }

    private func colour(of overlap: Double) -> Colour { overlap >= plot.threshold ? right : wrong }

    /// The more points, the fainter each.
    private var opacity: Double {
        min(0.5, max(0.05, 12 / Double(max(plot.overlaps.count, 1)).squareRoot()))
    }

    /// The mean score of every twentieth of the true IoU that has a few detections.
    private func drawMeans(_ panel: ScatterPlot.Panel, _ x: LinearAxis, _ y: LinearAxis) {
        let bins = 20, least = 5
        var sums = [(score: Double, overlap: Double, count: Int)](
            repeating: (0, 0, 0), count: bins)
        for (overlap, score) in zip(plot.overlaps, panel.scores) {
            let bin = min(Int(overlap * Double(bins)), bins - 1)
            sums[bin] = (sums[bin].score + score, sums[bin].overlap + overlap, sums[bin].count + 1)
        }
        let means = sums.filter { $0.count >= least }.map { sum in
            Point(
                x: x.place(sum.overlap / Double(sum.count)),
                y: y.place(sum.score / Double(sum.count)))
        }
        canvas.line(means, .white, width: 5)
        canvas.line(means, .ink, width: 2)
        for mean in means { canvas.dot(mean, radius: 3, .ink) }
    }

    private func drawLegend() {
        let bound = plot.threshold.fixed(1)
        var place = Point(x: 96, y: 672)
        for (text, colour) in [
            ("true IoU of at least \(bound)", right), ("below \(bound)", wrong),
            ("mean in each twentieth of the true IoU", .ink),
        ] {
            canvas.dot(Point(x: place.x + 5, y: place.y - 5), radius: 5, colour)
            canvas.text(text, at: Point(x: place.x + 17, y: place.y), normal)
            place.x += 17 + canvas.width(of: text, normal) + 30
        }
    }
}
