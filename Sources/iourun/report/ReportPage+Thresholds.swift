import IoUConsole
import IoUEval

extension ReportPage {
    var thresholdSection: Section {
        Section(
            id: "thresholds", short: "thresholds", title: "F1 over the score threshold",
            body: """
                <p>At IoU 0.50. F1 is the harmonic mean of precision and recall among the detections with at least \
                that score. \(bestText)</p>
                <div class="figures"><figure>\(figure)\(classLegend("mean of the classes"))</figure>
                <div>\(Self.scrolling("Best threshold by class", thresholdTable))</div></div>
                """)
    }

    private var bestText: HTML {
        guard let best = study.best else {
            return "Nothing is found rightly, so no threshold is best."
        }
        let threshold = best.threshold.shortest(12)
        let text: HTML = """
            The mean over the classes is greatest, \(best.f1, digits: 3), with the threshold \
            <b>\(threshold)</b>.
            """
        guard let storage else { return text }
        let place = storage.model.quotedForShell
        let others = storage.options.map { " \($0.name) \($0.value.shortest(12))" }.joined()
        switch storage.way {
        case .command:
            return """
                \(text) To store it in the model: <code>iouc annotate \(place) \(place) \
                --score-threshold \(threshold)\(others)</code>
                """
        case .withMetadata:
            return """
                \(text) The model has no key for it: give <code>--score-threshold \
                \(threshold)\(others)</code> to <code>iouc annotate</code> with <code>--preset</code> or \
                <code>--metadata</code>.
                """
        case .export:
            return """
                \(text) The model's graph has its threshold as a constant: give it where the model is \
                exported.
                """
        }
    }

    private static let steps = (0...200).map { Double($0) / 200 }

    private var figure: HTML {
        let curves = study.precision.classes.enumerated().compactMap { category, scores in
            scores.map { (category: category, scores: $0.scores) }
        }
        let scores = study.found.map(\.score)
        let range = min(0, scores.min() ?? 0)...max(1, scores.max() ?? 1)
        let plot = Plot(
            title: "F1 over the score threshold, a line for each class",
            x: .init(title: "score threshold", values: range), y: .init(title: "F1"))
        let places = Self.steps.map {
            range.lowerBound + $0 * (range.upperBound - range.lowerBound)
        }
        var parts = curves.map { curve in
            plot.line(
                places.map { ($0, curve.scores.f1(at: $0)) }, style: colour(curve.category),
                name: study.shortName(curve.category))
        }
        parts.append(
            plot.line(
                places.map { ($0, study.precision.meanF1(at: $0)) }, style: "all",
                name: "mean of the classes"))
        if hasColours {
            parts += curves.compactMap { curve in
                curve.scores.best.map { best in
                    plot.dot(
                        best.threshold, curve.scores.f1(of: best.step),
                        style: colour(curve.category),
                        name:
                            "\(study.shortName(curve.category)): best at \(best.threshold.shortest(6))"
                    )
                }
            }
        }
        if let best = study.best {
            parts.append(
                plot.dot(
                    best.threshold, best.f1, style: "all",
                    name: "mean: best at \(best.threshold.shortest(6))"))
        }
        return plot.figure(parts)
    }

    private var thresholdTable: HTML {
        let rows = study.precision.classes.enumerated().map { category, scores -> HTML in
            let best = scores?.scores.best
            let cells: [Double?] = [
                best.flatMap { best in scores?.scores.f1(of: best.step) }, best?.step.precision,
                best.flatMap { best in scores?.scores.recall(of: best.step) },
            ]
            return """
                <tr><th scope="row">\(HTML.name(study.name(category)))</th>\
                <td>\(best?.threshold.shortest(6) ?? "–")</td>\
                \(cells.map { "<td>\(measured: $0)</td>" as HTML })</tr>

                """
        }
        return """
            <table><thead><tr><th scope="col">class</th><th scope="col">best threshold</th>\
            <th scope="col">F1</th><th scope="col">precision</th><th scope="col">recall</th></tr></thead>
            <tbody>
            \(rows)</tbody></table>
            """
    }
}

extension String {
    /// As one word of a shell's command.
    fileprivate var quotedForShell: String {
        let isPlain = allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "._-/+,".contains($0))
        }
        return isPlain && !isEmpty ? self : "'" + replacing("'", with: "'\\''") + "'"
    }
}
