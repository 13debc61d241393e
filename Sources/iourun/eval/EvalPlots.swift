import IoUConsole
import IoUEval
import IoUPlot
import IoURuntime

extension ModelReport {
    /// Average precision over α.
    var alphaPlot: AlphaPlot {
        let curves = ["AP", "AP50", "AP75", "AP90"].map { column in
            AlphaPlot.Curve(
                name: column,
                points: rows.compactMap { row in
                    guard let alpha = row.alpha, let value = row.value(column) else { return nil }
                    return (alpha, value)
                })
        }
        return AlphaPlot(
            title: "\(FilePath(model).title): average precision over α",
            subtitle: "\(pictures) pictures, \(detailed.precision.all.objects) objects",
            own: alphas.own, curves: curves)
    }
}

extension ConfidenceStudy {
    func plot(of model: FilePath) -> ScatterPlot {
        let bound = ConfidenceStudy.positive.fixed(1)
        return ScatterPlot(
            title: "\(model.title): confidence and true IoU",
            subtitle: "\(overlaps.count) detections after suppression with α = "
                + "\(alpha.map { "\($0)" } ?? "-"), \(positives) with a true IoU of at least \(bound)",
            overlaps: overlaps, threshold: ConfidenceStudy.positive,
            panels: kinds.map { kind in
                ScatterPlot.Panel(
                    name: kind.title(alpha),
                    remarks: [
                        "all: \(ConfidenceStudy.Kind.text(kind.all))",
                        "true IoU ≥ \(bound): \(ConfidenceStudy.Kind.text(kind.positives))",
                    ], scores: kind.values)
            })
    }
}

extension ConfidenceStudy.Kind {
    fileprivate func title(_ alpha: Double?) -> String {
        switch key {
        case .probability: "class probability p"
        case .score: alpha.map { "S = p^\($0) · IoU^\((1 - $0).shortest(9))" } ?? name
        default: name
        }
    }

    fileprivate static func text(_ correlation: Correlation) -> String {
        "Pearson \(correlation.pearson?.fixed(3) ?? "–"), "
            + "Spearman \(correlation.spearman?.fixed(3) ?? "–")"
    }
}
