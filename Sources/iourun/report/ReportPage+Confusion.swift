import IoUConsole
import IoUEval

extension ReportPage {
    var confusionSection: Section {
        let used = study.confusion.used
        let table: HTML =
            used.count <= Self.mostClasses
            ? Self.scrolling("Confusion matrix", matrix(used))
            : "<p>Too large for a page: report.json has it.</p>"
        let isLarge = used.count > 21
        return Section(
            id: "confusion", short: "confusion", title: "Confusion matrix",
            body: """
                <p>At IoU 0.50, detections with a score of at least \
                \(study.confusion.threshold.shortest(6)). A row is what is there, a column what is found; the surest \
                detection of a picture chooses first, of any class. Colours are shares of the row.</p>
                \(confusions)
                \(isLarge ? "<details><summary>The matrix of \(used.count - 1) classes</summary>\(table)</details>" : table)
                """)
    }

    /// A table grows with the square of it.
    private static let mostClasses = 400

    private func label(_ index: Int) -> HTML {
        index == study.truth.categories.count ? "<i>nothing</i>" : HTML.name(study.name(index))
    }

    private func matrix(_ used: [Int]) -> HTML {
        let counts = study.confusion
        let nothing = counts.nothing
        let titles = used.map { index -> HTML in
            "<th scope=\"col\"><span>\(index == nothing ? "<i>missed</i>" : label(index))</span></th>"
        }
        let rows = used.map { row -> HTML in
            let sum = used.reduce(0) { $0 + counts[row, $1] }
            let cells = used.map { column -> HTML in
                let count = counts[row, column]
                guard count > 0 else { return "<td></td>" }
                let share = Double(count) / Double(sum)
                let style = row == column ? "right" : "wrong"
                let dark = share > 0.55 ? " full" : ""
                return """
                    <td class="\(style)\(dark)" style="--s:\((share * 100).rounded(), digits: 0)%">\(count)</td>
                    """
            }
            return "<tr><th scope=\"row\">\(label(row))</th>\(cells)</tr>\n"
        }
        let size = used.count > 8 ? " many" : ""
        return """
            <table class="matrix\(size)"><thead><tr><td></td>\(titles)</tr></thead><tbody>
            \(rows)</tbody></table>
            """
    }

    /// The most frequent mistakes of one class for another.
    private var confusions: HTML {
        let counts = study.confusion.counts
        let nothing = study.confusion.nothing
        let pairs = counts.compactMap { pair, count in
            pair.there != pair.found && pair.there != nothing && pair.found != nothing
                ? (count: count, row: pair.there, column: pair.found) : nil
        }.sorted {
            $0.count != $1.count ? $0.count > $1.count : ($0.row, $0.column) < ($1.row, $1.column)
        }
        guard !pairs.isEmpty else { return "<p>No class is taken for another.</p>" }
        let items = pairs.prefix(10).map { pair -> HTML in
            "<li>\(label(pair.row)) taken for \(label(pair.column)): \(pair.count)</li>"
        }
        return
            "<p>The most frequent mistakes of one class for another:</p><ol class=\"mistakes\">\(items)</ol>"
    }
}
