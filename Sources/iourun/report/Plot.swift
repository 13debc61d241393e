import IoUConsole
import IoUPlot

/// Axes of a figure in SVG, whose text can be selected and whose colours are the page's.
struct Plot {
    let title: String
    let x: Axis
    let y: Axis

    struct Axis {
        let title: String
        var values = 0.0...1.0
    }

    static let (width, height) = (520.0, 356.0)
    private static let (left, right, top, bottom) = (66.0, 504.0, 12.0, 304.0)

    private var across: LinearAxis {
        LinearAxis(x.values, from: Self.left, to: Self.right, most: 6)
    }

    private var up: LinearAxis {
        LinearAxis(y.values, from: Self.bottom, to: Self.top, most: 6)
    }

    /// - Parameter contents: What is drawn between the axes.
    func figure(_ contents: [HTML]) -> HTML {
        """
        <svg viewBox="0 0 \(Self.width, digits: 0) \(Self.height, digits: 0)" role="img" \
        aria-label="\(title)">\(grid)\(contents)</svg>
        """
    }

    private var grid: HTML {
        let columns = across.ticks.map { tick -> HTML in
            """
            <path class="grid" d="M\(tick.place) \(Self.top)V\(Self.bottom)"/>\
            <text x="\(tick.place)" y="\(Self.bottom + 20)" text-anchor="middle">\(tick.label)</text>
            """
        }
        let rows = up.ticks.map { tick -> HTML in
            """
            <path class="grid" d="M\(Self.left) \(tick.place)H\(Self.right)"/>\
            <text x="\(Self.left - 7)" y="\(tick.place + 5)" text-anchor="end">\(tick.label)</text>
            """
        }
        let middle = (Self.left + Self.right) / 2
        let half = (Self.top + Self.bottom) / 2
        return """
            \(columns)\(rows)<text class="axis" x="\(middle)" y="\(Self.bottom + 44)" \
            text-anchor="middle">\(x.title)</text><text class="axis" text-anchor="middle" \
            transform="translate(18 \(half)) rotate(-90)">\(y.title)</text>
            """
    }

    /// - Parameters:
    ///   - style: A class of the page's style sheet.
    ///   - name: Told where the pointer is over it.
    func line(_ points: [(x: Double, y: Double)], style: String, name: String) -> HTML {
        let path = points.enumerated().map { index, point in
            (index == 0 ? "M" : "L") + place(point.x, point.y)
        }.joined()
        return """
            <path class="line \(style)" d="\(path)"><title>\(name)</title></path>
            """
    }

    func dot(_ x: Double, _ y: Double, style: String, name: String, radius: Double = 4) -> HTML {
        """
        <circle class="dot \(style)" cx="\(across.place(x))" cy="\(up.place(y))" \
        r="\(radius)"><title>\(name)</title></circle>
        """
    }

    /// Between two corners, in values.
    func block(
        _ x: ClosedRange<Double>, _ y: ClosedRange<Double>, style: String, opacity: Double,
        name: String
    ) -> HTML {
        let (left, right) = (across.place(x.lowerBound), across.place(x.upperBound))
        let (low, high) = (up.place(y.lowerBound), up.place(y.upperBound))
        return """
            <rect class="block \(style)" x="\(left)" y="\(high)" width="\(right - left)" \
            height="\(low - high)" opacity="\(opacity, digits: 2)"><title>\(name)</title></rect>
            """
    }

    private func place(_ x: Double, _ y: Double) -> String {
        "\(across.place(x).fixed(1)) \(up.place(y).fixed(1))"
    }
}

/// What the colours of a figure mean.
struct Legend {
    let entries: [(style: String, name: HTML)]

    var html: HTML {
        let items = entries.map { entry -> HTML in
            "<li><span class=\"swatch \(entry.style)\"></span>\(entry.name)</li>"
        }
        return "<ul class=\"legend\">\(items)</ul>"
    }
}
