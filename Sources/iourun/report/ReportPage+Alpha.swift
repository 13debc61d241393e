import IoUConsole

extension ReportPage {
    private static let curves = ["AP", "AP50", "AP75", "AP90"]

    var alphaSection: Section {
        Section(id: "alpha", short: "α", title: "Average precision over α", body: alphaBody)
    }

    private var alphaBody: HTML {
        let rows = alphas.filter { $0.alpha != nil }
        guard rows.count > 1 else {
            return """
                <p class="none">Needs a model that predicts the IoU, whose scores S = p^α · IoU^(1 − α) can be chosen, \
                and more than one α.</p>
                """
        }
        let values = Self.curves.flatMap { column in rows.compactMap { $0.value(column) } }
        let plot = Plot(
            title: "Average precision over α",
            x: .init(title: "α"),
            y: .init(title: "average precision", values: 0...max(0.1, values.max() ?? 1)))
        let parts = Self.curves.enumerated().flatMap { index, column -> [HTML] in
            let points = rows.compactMap { row in
                row.value(column).map { (x: row.alpha ?? 0, y: $0) }
            }
            let best = points.max { $0.y < $1.y }
            let dots = points.map { point in
                plot.dot(
                    point.x, point.y, style: "c\(index)",
                    name: "α \(point.x): \(column) \(point.y.fixed(4))",
                    radius: point.x == best?.x ? 5.5 : 2.5)
            }
            return [plot.line(points, style: "c\(index)", name: column)] + dots
        }
        let own = ownAlpha.map { alpha in
            [
                plot.line(
                    [(alpha, 0), (alpha, plot.y.values.upperBound)], style: "mark",
                    name: "the model's own α")
            ]
        }
        let legend = Legend(
            entries: Self.curves.enumerated().map { ("c\($0)", "\($1)" as HTML) }
                + (ownAlpha == nil ? [] : [("mark", "the model's own α" as HTML)]))
        return """
            <p>Of S = p^α · IoU^(1 − α): with 0 the predicted IoU alone counts, with 1 the probability alone. A large dot is the \
            best of its curve.</p>
            <div class="figures"><figure>\(plot.figure((own ?? []) + parts))\(legend.html)</figure>
            <div>\(Self.scrolling("Average precision by α", alphaTable))</div></div>
            """
    }

    private var alphaTable: HTML {
        let rows = alphas.map { row -> HTML in
            let cells = Self.curves.map { "<td>\(measured: row.value($0), digits: 4)</td>" as HTML }
            let mark: HTML =
                row.alpha != nil && row.alpha == ownAlpha ? " <small>(model)</small>" : ""
            return "<tr><th scope=\"row\">\(row.name)\(mark)</th>\(cells)</tr>\n"
        }
        let titles = Self.curves.map { "<th scope=\"col\">\($0)</th>" as HTML }
        return """
            <table><thead><tr><th scope="col">α</th>\(titles)</tr></thead><tbody>
            \(rows)</tbody></table>
            """
    }
}
