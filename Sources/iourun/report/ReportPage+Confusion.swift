import IoUConsole
import IoUEval

extension ReportPage {
    var confusionSection: Section {
        let counts = study.confusion.counts
        let nothing = counts.count - 1
        let used = counts.indices.filter { index in
            index == nothing || counts[index].contains { $0 > 0 }
                || counts.contains { $0[index] > 0 }
        }
        let table = Self.scrolling("Confusion matrix", matrix(used))
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

    private func label(_ index: Int) -> HTML {
        index == study.truth.categories.count ? "<i>nothing</i>" : HTML.name(study.name(index))
    }

    private func matrix(_ used: [Int]) -> HTML {
        let counts = study.confusion.counts
        let nothing = counts.count - 1
        let titles = used.map { index -> HTML in
            "<th scope=\"col\"><span>\(index == nothing ? "<i>missed</i>" : label(index))</span></th>"
        }
        let rows = used.map { row -> HTML in
            let sum = counts[row].reduce(0, +)
            let cells = used.map { column -> HTML in
                let count = counts[row][column]
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
        let classes = counts.indices.dropLast()
        let pairs = classes.flatMap { row in
            classes.compactMap { column in
                row != column && counts[row][column] > 0
                    ? (count: counts[row][column], row: row, column: column) : nil
            }
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
