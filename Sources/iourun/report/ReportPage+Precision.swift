import IoUConsole
import IoUEval

extension ReportPage {
    private static let columns = [
        "AP", "AP50", "AP60", "AP70", "AP75", "AP80", "AP90", "APsmall", "APmedium", "APlarge",
        "AR100",
    ]

    var precisionSection: Section {
        let titles = Self.columns.map { "<th scope=\"col\">\($0)</th>" as HTML }
        let rows = ([precision.all] + precision.classes).map { entry -> HTML in
            let cells = Self.columns.map { column -> HTML in
                "<td>\(measured: entry.coco[column] ?? entry.thresholds[column], digits: 4)</td>"
            }
            let name = entry.name.map(HTML.name) ?? "all classes"
            return "<tr><th scope=\"row\">\(name)</th><td>\(entry.objects)</td>\(cells)</tr>\n"
        }
        let table: HTML = """
            <table><thead><tr><th scope="col">class</th><th scope="col">objects</th>\(titles)</tr>\
            </thead><tbody>
            \(rows)</tbody></table>
            """
        return Section(
            id: "precision", short: "AP", title: "Average precision",
            body: """
                <p>As pycocotools has it: AP is the mean over the IoU thresholds 0.50, 0.55 … 0.95; small is up \
                to 32² pixels, large from 96² on. – is a number that is not defined.</p>
                \(Self.scrolling("Average precision by class", table))
                """)
    }

    // MARK: Precision over recall

    var curveSection: Section {
        Section(
            id: "curves", short: "precision and recall", title: "Precision over recall",
            body: """
                <div class="figures"><figure><figcaption>At IoU 0.50, by class</figcaption>\
                \(byClass)\(classLegend("mean of the classes"))</figure>
                <figure><figcaption>Mean of the classes, by IoU threshold</figcaption>\
                \(byThreshold)\(thresholdLegend)</figure></div>
                """)
    }

    private func plot(_ title: String) -> Plot {
        Plot(title: title, x: .init(title: "recall"), y: .init(title: "precision"))
    }

    private func points(_ samples: [Double]) -> [(x: Double, y: Double)] {
        zip(PrecisionStudy.recalls, samples).map { ($0, $1) }
    }

    private var byClass: HTML {
        let plot = plot("Precision over recall at an IoU of 0.5, a line for each class")
        let lines = study.precision.classes.enumerated().compactMap { category, scores in
            scores.map { scores in
                let mean = scores.samples[0].reduce(0, +) / Double(PrecisionStudy.recalls.count)
                return plot.line(
                    points(scores.samples[0]), style: colour(category),
                    name: "\(study.shortName(category)): AP50 \(mean.fixed(3))")
            }
        }
        let all = plot.line(
            points(study.precision.meanSamples[0]), style: "all", name: "mean of the classes")
        return plot.figure(lines + [all])
    }

    private var byThreshold: HTML {
        let plot = plot("Precision over recall, a line for each IoU threshold")
        let means = study.precision.meanSamples
        return plot.figure(
            means.indices.map { position in
                let mean = means[position].reduce(0, +) / Double(means[position].count)
                let iou = CocoScores.thresholds[position].fixed(2)
                return plot.line(
                    points(means[position]), style: "ramp r\(position)",
                    name: "IoU \(iou): AP \(mean.fixed(3))")
            })
    }

    private var thresholdLegend: HTML {
        Legend(
            entries: CocoScores.thresholds.enumerated().map { position, iou in
                ("r\(position)", "\(iou, digits: 2)")
            }
        ).html
    }
}
