import Glibc
import IoUConsole
import IoUEval

extension ReportPage {
    var confidenceSection: Section {
        Section(
            id: "confidence", short: "confidence", title: "Confidence over true IoU",
            body: confidenceBody)
    }

    private var confidenceBody: HTML {
        guard let confidence, !confidence.overlaps.isEmpty else {
            return
                "<p class=\"none\">Needs a model and detections: a results list has no p and no predicted IoU.</p>"
        }
        let panels = confidence.kinds.map { kind -> HTML in
            let correlations = [("all", kind.all), ("positives", kind.positives)].map {
                name, one -> HTML in
                "<li>\(name): Pearson \(one.pearson?.fixed(3) ?? "–"), Spearman \(one.spearman?.fixed(3) ?? "–")</li>"
            }
            return """
                <figure><figcaption>\(kind.name)</figcaption>\
                \(density(confidence.overlaps, kind.values, kind.name))<ul class="legend">\(correlations)</ul></figure>

                """
        }
        return """
            <p>\(confidence.overlaps.count) detections, each with the object of its class that it overlaps most; \
            \(confidence.positives) are positives, with a true IoU of at least 0.5. Stronger squares have more detections.</p>
            <div class="figures three">\(panels)</div>
            """
    }

    private static let cells = 50

    /// The detections in squares: points would lie on each other.
    private func density(_ xs: [Double], _ ys: [Double], _ name: String) -> HTML {
        let cells = Self.cells
        func cell(_ value: Double) -> Int { min(cells - 1, max(0, Int(value * Double(cells)))) }
        var counts = [Int](repeating: 0, count: cells * cells)
        for (x, y) in zip(xs, ys) { counts[cell(y) * cells + cell(x)] += 1 }
        let most = Double(counts.max() ?? 1)
        let plot = Plot(
            title: "\(name) over the true IoU", x: .init(title: "true IoU"), y: .init(title: name))
        let side = 1 / Double(cells)
        let blocks = counts.indices.filter { counts[$0] > 0 }.map { index -> HTML in
            let (x, y) = (Double(index % cells) * side, Double(index / cells) * side)
            let share = log(1 + Double(counts[index])) / log(1 + most)
            return plot.block(
                x...(x + side), y...(y + side), style: "c0", opacity: 0.15 + 0.85 * share,
                name: "\(counts[index])")
        }
        return plot.figure(blocks)
    }

    // MARK: Calibration

    var calibrationSection: Section {
        Section(
            id: "calibration", short: "calibration", title: "Calibration of the predicted IoU",
            body: calibrationBody)
    }

    private var calibrationBody: HTML {
        guard let calibration = study.calibration else {
            return "<p class=\"none\">Needs a model that predicts the IoU, and detections.</p>"
        }
        let panels: [(String, IoUCalibration)] = [
            ("All detections", calibration.all),
            ("Positives: measured IoU of at least 0.5", calibration.positives),
        ]
        let figures = panels.map { title, one -> HTML in
            """
            <figure><figcaption>\(title)</figcaption>\(figure(of: one, title))\
            <p class="note">\(one.count) detections; expected calibration error \
            \(measured: one.expectedError, digits: 4)</p></figure>

            """
        }
        return """
            <p>In each tenth of the predicted IoU, its mean against the mean measured IoU with the object of any class that the \
            detection overlaps most. On the dashed line they are equal. A larger dot has more detections. The IoU head \
            learns from positives alone.</p>
            <div class="figures">\(figures)</div>
            """
    }

    private func figure(of calibration: IoUCalibration, _ title: String) -> HTML {
        let plot = Plot(
            title: "Measured over predicted IoU. \(title)", x: .init(title: "predicted IoU"),
            y: .init(title: "measured IoU"))
        let most = Double(calibration.bins.map(\.count).max() ?? 1)
        let bins = calibration.bins.filter { $0.count > 0 }
        let dots = bins.map { bin in
            plot.dot(
                bin.predicted, bin.measured, style: "c1",
                name: "\(bin.count) detections: predicted \(bin.predicted.fixed(3)), measured "
                    + bin.measured.fixed(3),
                radius: 3 + 7 * (Double(bin.count) / max(1, most)).squareRoot())
        }
        return plot.figure(
            [
                plot.line([(0, 0), (1, 1)], style: "mark", name: "equal"),
                plot.line(bins.map { ($0.predicted, $0.measured) }, style: "c1", name: "measured"),
            ] + dots)
    }
}
