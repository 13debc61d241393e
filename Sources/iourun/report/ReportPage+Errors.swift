import IoUConsole
import IoUEval

extension ErrorKind {
    /// For people.
    var words: (name: String, meaning: String) {
        switch self {
        case .classification: ("wrong class", "on an object of another class")
        case .localization: ("misplaced", "on an object of its class, with an IoU from 0.1 to 0.5")
        case .both: ("both", "off an object of another class")
        case .duplicate: ("duplicate", "on an object that a surer detection has found")
        case .background: ("background", "where nothing is: IoU up to 0.1")
        case .missed: ("missed", "an object that no error above would find")
        }
    }
}

extension ReportPage {
    var errorSection: Section {
        Section(
            id: "errors", short: "errors", title: "Kinds of error",
            body: """
                <p>TIDE's kinds (<cite>arXiv 2008.08115</cite>) at IoU 0.50, and what each costs: the AP50 that would be \
                gained were all errors of the kind mended, and no other. So costs do not add up.</p>
                \(errorBody)
                """)
    }

    private var errorBody: HTML {
        guard let costs = study.costs else {
            return "<p class=\"none\">There is nothing to compare.</p>"
        }
        let most = max(
            costs.kinds.values.max() ?? 0, costs.falsePositives, costs.falseNegatives, 1e-9)
        let kinds = ErrorKind.allCases.map { kind in
            row(
                "\(kind.rawValue)", kind.words.name, kind.words.meaning,
                study.errors.count(of: kind),
                costs.kinds[kind] ?? 0, most)
        }
        let wrong = study.errors.errors.count { $0.detection != nil && !$0.isIgnored }
        let special = [
            row(
                "FP", "all wrong detections", "were they less sure than all right ones", wrong,
                costs.falsePositives, most),
            row(
                "FN", "all lost objects", "were they not to be found", study.errors.lost.count,
                costs.falseNegatives, most),
        ]
        let table: HTML = """
            <table class="bars"><thead><tr><th scope="col">kind</th><th scope="col" class="text">name</th><th scope="col" class="text">what it is</th>\
            <th scope="col">errors</th><th scope="col">ΔAP50</th><th scope="col"></th></tr></thead>
            <tbody>
            \(kinds)</tbody><tbody>
            \(special)</tbody></table>
            <p class="note">AP50 here is \(costs.precision, digits: 4): TIDE's mean is over classes that have objects or \
            detections, and it looks at the 100 surest detections of a picture, of all classes.</p>
            """
        return Self.scrolling("Kinds of error", table)
    }

    private func row(
        _ short: String, _ name: String, _ meaning: String, _ count: Int, _ cost: Double,
        _ most: Double
    ) -> HTML {
        let share = max(0, cost) / most * 100
        return """
            <tr><th scope="row">\(short)</th><td class="text">\(name)</td><td class="text">\(meaning)</td>\
            <td>\(count)</td><td>\(cost, digits: 4)</td><td class="bar">\
            <span style="width:\(share)%"></span></td></tr>

            """
    }
}
