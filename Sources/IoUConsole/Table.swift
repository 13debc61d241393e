/// Rows of text under titles, aligned for people.
package struct Table {
    package enum Alignment { case left, right }

    private let alignments: [Alignment]
    private var rows: [[String]]

    package init(_ columns: [(title: String, alignment: Alignment)]) {
        alignments = columns.map(\.alignment)
        rows = [columns.map(\.title)]
    }

    package mutating func append(_ cells: [String]) {
        precondition(cells.count == alignments.count, "a row has one cell for every column")
        // A column is as wide as its longest cell.
        rows.append(cells.map { $0.shortened(to: 200).oneLine })
    }

    /// Every row ends with a line feed, and none with spaces.
    package var text: String {
        let widths = alignments.indices.map { column in
            rows.map { $0[column].count }.max() ?? 0
        }
        return rows.map { line($0, widths) + "\n" }.joined()
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = cells.indices.map { column in
            let space = String(repeating: " ", count: widths[column] - cells[column].count)
            return alignments[column] == .left ? cells[column] + space : space + cells[column]
        }
        let joined = padded.joined(separator: "  ")
        return String(joined.reversed().drop { $0 == " " }.reversed())
    }
}
