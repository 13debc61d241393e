import IoUConsole

extension ModelReport {
    /// A table over α, what one α gives, and what it says of its confidence.
    var text: String {
        var parts = ["\(pictures) pictures, \(detailed.precision.all.objects) objects\n"]
        parts.append(AlphaRow.table(rows, title: "alpha", own: alphas.own))
        parts.append("With alpha \(detailed.name), \(detailed.found) detections:\n")
        parts.append(detailed.precision.text)
        if let study { parts.append(study.text) }
        if !oracle.isEmpty {
            parts.append("With the true IoU in place of the predicted one:\n")
            parts.append(AlphaRow.table(oracle, title: "alpha", own: alphas.own))
        }
        return parts.joined(separator: "\n")
    }
}

extension AlphaRow {
    private static let columns = [
        "AP", "AP50", "AP60", "AP70", "AP75", "AP80", "AP90", "AR100", "APsmall", "APmedium",
        "APlarge",
    ]

    /// The number as short as it is, or "-".
    var name: String { alpha.map { "\($0)" } ?? "-" }

    /// A measured value over all classes; `nil` where nothing is to be found.
    func value(_ column: String) -> Double? {
        let value = precision.all.coco[column] ?? precision.all.thresholds[column] ?? -1
        return value < 0 ? nil : value
    }

    /// - Parameter own: The model's α, which is marked.
    static func table(_ rows: [AlphaRow], title: String, own: Double?) -> String {
        var table = Table(
            [(title, .left), ("found", .right)] + columns.map { ($0, .right) })
        for row in rows {
            let mark = row.alpha != nil && row.alpha == own ? " (model)" : ""
            table.append(
                [row.name + mark, "\(row.found)"]
                    + columns.map { row.value($0)?.fixed(4) ?? "-" })
        }
        return table.text
    }
}
