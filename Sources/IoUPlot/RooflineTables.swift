import IoUConsole

/// What is beside a roofline: the algorithms with their colours, and the slowest steps.
struct RooflineTables {
    private static let mostSteps = 16

    private let roofline: Roofline
    private let groups: [Roofline.Group]
    /// Milliseconds of all steps.
    private let total: Double

    private let head = TextStyle(size: 13, colour: .faded)
    private let cell = TextStyle(size: 13)
    private let columns = [300.0, 365, 440]
    private let rowHeight = 24.0

    init(_ roofline: Roofline, _ groups: [Roofline.Group]) {
        self.roofline = roofline
        self.groups = groups
        total = roofline.milliseconds
    }

    func draw(on canvas: Canvas, at corner: Point) {
        var base = Point(x: corner.x, y: corner.y + 14)
        drawRow(["algorithm", "ms", "share", "GFLOP/s"], canvas, base, head)
        for group in groups {
            base.y += rowHeight
            canvas.disc(Point(x: base.x + 8, y: base.y - 5), radius: 7, group.colour)
            drawRow(cells(group), canvas, base, cell)
        }
        base.y += 2 * rowHeight
        drawRow(["slowest steps", "ms", "share", "of roof"], canvas, base, head)
        for (step, colour) in slowest {
            base.y += rowHeight
            canvas.disc(Point(x: base.x + 8, y: base.y - 5), radius: 4, colour)
            drawRow(cells(step), canvas, base, cell)
        }
    }

    private var slowest: ArraySlice<(step: Roofline.Step, colour: Colour)> {
        groups.flatMap { group in group.steps.map { (step: $0, colour: group.colour) } }
            .sorted { $0.step.milliseconds > $1.step.milliseconds }
            .prefix(RooflineTables.mostSteps)
    }

    private func cells(_ group: Roofline.Group) -> [String] {
        let speed = group.milliseconds > 0 ? group.gflop / group.milliseconds * 1e3 : 0
        return [
            "\(group.name) (\(group.steps.count))", group.milliseconds.fixed(2),
            share(group.milliseconds), speed > 0 ? speed.fixed(0) : "–",
        ]
    }

    private func cells(_ step: Roofline.Step) -> [String] {
        [
            step.shownName, step.milliseconds.fixed(2), share(step.milliseconds),
            step.isCounted ? percent(step.gflops / roofline.ceiling(at: step.intensity)) : "–",
        ]
    }

    private func share(_ milliseconds: Double) -> String {
        total > 0 ? percent(milliseconds / total, digits: 1) : "–"
    }

    private func percent(_ share: Double, digits: Int = 0) -> String {
        "\((share * 100).fixed(digits)) %"
    }

    private func drawRow(
        _ cells: [String], _ canvas: Canvas, _ base: Point, _ style: TextStyle
    ) {
        canvas.text(cells[0], at: Point(x: base.x + 24, y: base.y), style)
        for (text, right) in zip(cells.dropFirst(), columns) {
            canvas.text(text, at: Point(x: base.x + right, y: base.y), style.aligned(.right))
        }
    }
}
