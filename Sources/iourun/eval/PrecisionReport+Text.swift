import IoUConsole

extension PrecisionReport {
    private static let precisions = [
        "AP", "AP50", "AP60", "AP70", "AP75", "AP80", "AP90", "APsmall", "APmedium", "APlarge",
    ]
    private static let recalls = ["AR1", "AR10", "AR100", "ARsmall", "ARmedium", "ARlarge"]

    /// Tables of precision, of recall and of VOC's average precision, by class and over all.
    var text: String {
        let voc = all.voc.flatMap { entry in
            let percent = (entry.iou * 100).shortest(6)
            let threshold = percent.hasSuffix(".0") ? "\(percent.dropLast(2))" : percent
            return ["VOC07 AP\(threshold)", "VOC10 AP\(threshold)"]
        }
        return [
            table(PrecisionReport.precisions) { entry in
                PrecisionReport.precisions.map { entry.coco[$0] ?? entry.thresholds[$0] }
            },
            table(PrecisionReport.recalls) { entry in
                PrecisionReport.recalls.map { entry.coco[$0] }
            },
            table(voc) { entry in entry.voc.flatMap { [$0.elevenPoints, $0.ap] } },
        ].joined(separator: "\n")
    }

    private func table(_ titles: [String], _ values: (Entry) -> [Double?]) -> String {
        var table = Table(
            [("class", .left), ("objects", .right)] + titles.map { ($0, .right) })
        for entry in [all] + classes {
            let cells = values(entry).map { value in
                guard let value, value >= 0 else { return "-" }
                return value.fixed(4)
            }
            table.append([entry.name ?? "all", "\(entry.objects)"] + cells)
        }
        return table.text
    }
}
