/// The grid of a plot with the numbers and names of its axes.
struct Axes {
    let frame: Rect
    let xTicks, yTicks: [Tick]
    let xName, yName: String

    private let small = TextStyle(size: 13, colour: .faded)
    private let normal = TextStyle(size: 14)

    init(frame: Rect, xTicks: [Tick], yTicks: [Tick], xName: String, yName: String) {
        self.frame = frame
        self.xTicks = xTicks
        self.yTicks = yTicks
        self.xName = xName
        self.yName = yName
    }

    func draw(on canvas: Canvas) {
        for tick in xTicks {
            canvas.line(
                [Point(x: tick.place, y: frame.top), Point(x: tick.place, y: frame.bottom)],
                tick.colour)
            canvas.text(
                tick.label, at: Point(x: tick.place, y: frame.bottom + 20), small.aligned(.centre))
        }
        for tick in yTicks {
            canvas.line(
                [Point(x: frame.left, y: tick.place), Point(x: frame.right, y: tick.place)],
                tick.colour)
            canvas.text(
                tick.label, at: Point(x: frame.left - 8, y: tick.place + 5), small.aligned(.right))
        }
        canvas.text(
            xName, at: Point(x: (frame.left + frame.right) / 2, y: frame.bottom + 44),
            normal.aligned(.centre))
        canvas.text(
            yName, at: Point(x: frame.left - 62, y: (frame.top + frame.bottom) / 2),
            normal.aligned(.centre), angle: -.pi / 2)
    }
}
