/// Pairs rows with columns at the least total cost (the Hungarian algorithm, in the form of shortest
/// augmenting paths: R. Jonker, A. Volgenant, Computing 38, 1987).
package enum Assignment {
    /// The column of each row; `nil` where it has none, or none that costs less than `limit`.
    ///
    /// A pair that costs `limit` or more is worth as much as none, so that it never takes a partner
    /// from a cheaper one.
    ///
    /// - Parameter costs: A row for each row of the problem, all of the same length, finite.
    package static func columns(_ costs: [[Double]], below limit: Double) -> [Int?] {
        guard let first = costs.first, !first.isEmpty else { return costs.map { _ in nil } }
        let cut = costs.map { row in row.map { min($0, limit) } }
        let chosen =
            costs.count <= first.count ? wide(cut) : transposed(wide(transposed(cut)), costs.count)
        return zip(costs, chosen).map { row, column in
            column.flatMap { row[$0] < limit ? $0 : nil }
        }
    }

    private static func transposed(_ costs: [[Double]]) -> [[Double]] {
        costs[0].indices.map { column in costs.map { $0[column] } }
    }

    /// From the row of each column to the column of each row.
    private static func transposed(_ rows: [Int?], _ count: Int) -> [Int?] {
        var columns = [Int?](repeating: nil, count: count)
        for (column, row) in rows.enumerated() {
            if let row { columns[row] = column }
        }
        return columns
    }

    /// Of a matrix with at least as many columns as rows: one row after the other is added, by the
    /// shortest path of changes that frees a column for it. Prices of rows and columns keep the
    /// reduced costs at 0 or more.
    private static func wide(_ costs: [[Double]]) -> [Int?] {
        let width = costs[0].count
        var rowPrices = [Double](repeating: 0, count: costs.count)
        var columnPrices = [Double](repeating: 0, count: width)
        var rowOfColumn = [Int?](repeating: nil, count: width)
        for start in costs.indices {
            var distance = [Double](repeating: .infinity, count: width)
            var previous = [Int?](repeating: nil, count: width)
            var isDone = [Bool](repeating: false, count: width)
            var row = start
            var last: Int?
            var free: Int?
            while free == nil {
                var nearest = 0
                var least = Double.infinity
                let base = last.map { distance[$0] } ?? 0
                for column in 0..<width where !isDone[column] {
                    let through =
                        base + costs[row][column] - rowPrices[row] - columnPrices[column]
                    if through < distance[column] {
                        distance[column] = through
                        previous[column] = last
                    }
                    if distance[column] < least {
                        least = distance[column]
                        nearest = column
                    }
                }
                isDone[nearest] = true
                last = nearest
                if let next = rowOfColumn[nearest] { row = next } else { free = nearest }
            }
            guard let end = free else { break }
            let length = distance[end]
            rowPrices[start] += length
            for column in 0..<width where isDone[column] && column != end {
                guard let owner = rowOfColumn[column] else { continue }
                rowPrices[owner] += length - distance[column]
                columnPrices[column] -= length - distance[column]
            }
            var column: Int? = end
            while let here = column {
                let before = previous[here]
                rowOfColumn[here] = before.map { rowOfColumn[$0] ?? start } ?? start
                column = before
            }
        }
        return transposed(rowOfColumn, costs.count)
    }
}
