import IoUGraph

/// What decoding needs of the anchors that were kept; M of each image.
struct Candidates {
    /// [N, M, classes].
    var logits: Value
    /// [N, M, 4].
    var deltas: Value
    /// [N, M, 4], in the table's convention.
    var anchors: Value
    /// [N, M]; nil without an IoU head.
    var ious: Value?
}

/// The best anchors of every level as a graph: ranked by the best fused score of their classes,
/// kept in the order of the map.
struct CandidateGraph {
    let configuration: DetectorConfiguration
    let score: ScoreGraph
    /// Kept on each level.
    static let count: Int64 = 1000

    private var classes: Int64 { Int64(configuration.classChannels.count) }

    /// Of all levels, finest first.
    func build(_ graph: inout GraphBuilder, _ maps: Head.Outputs) -> Candidates {
        let levels = maps.classes.indices.map { level in
            candidates(
                &graph, level, classes: maps.classes[level].value,
                boxes: maps.boxes[level].value,
                ious: configuration.hasIoUHead ? maps.ious[level].value : nil)
        }
        func join(_ part: KeyPath<Candidates, Value>, _ name: String) -> Value {
            graph.concat(levels.map { $0[keyPath: part] }, axis: 1, name: "detect.\(name)")
        }
        return Candidates(
            logits: join(\.logits, "logits"), deltas: join(\.deltas, "deltas"),
            anchors: join(\.anchors, "anchors"),
            ious: configuration.hasIoUHead
                ? graph.concat(levels.compactMap(\.ious), axis: 1, name: "detect.iou_logits") : nil)
    }

    private func candidates(
        _ graph: inout GraphBuilder, _ level: Int, classes: Value, boxes: Value, ious: Value?
    ) -> Candidates {
        let path = "detect.p\(level + 3)"
        func rows(_ map: Value, _ shape: [Int64], _ name: String) -> Value {
            graph.reshape(map, shape: graph.constant(shape), name: "\(path).\(name).rows")
        }
        let logits = rows(classes, [0, -1, self.classes], "logits")
        let deltas = rows(boxes, [0, -1, 4], "deltas")
        let iouRows = ious.map { rows($0, [0, -1], "ious") }
        let kept = best(&graph, path, level, logits, iouRows)
        let tuples = graph.unsqueeze(kept, axis: 2, name: "\(path).tuples")
        func take(_ rows: Value, _ name: String) -> Value {
            graph.gatherND(rows, indices: tuples, batch: 1, name: "\(path).\(name)")
        }
        return Candidates(
            logits: take(logits, "logits"), deltas: take(deltas, "deltas"),
            anchors: anchors(&graph, path, level, kept, map: classes),
            ious: iouRows.map { take($0, "ious") })
    }

    /// Indices of the kept anchors, rising: [N, k].
    private func best(
        _ graph: inout GraphBuilder, _ path: String, _ level: Int, _ logits: Value, _ ious: Value?
    ) -> Value {
        // For one anchor, S grows with p: the class with the largest logit has the best score.
        let largest = graph.reduceMax(logits, axis: 2, name: "\(path).largest")
        let q = ious.map { graph.sigmoid($0, name: "\(path).q") }
        let p = graph.sigmoid(largest, name: "\(path).p")
        let weight = q.flatMap { score.weight(&graph, $0, path) }
        let rank = score.score(&graph, p, weight, path)
        let count = count(&graph, path, level, rank)
        let kept = graph.topK(rank, count: count, axis: 1, name: "\(path).best")
        return graph.topK(
            kept.indices, count: count, axis: 1, largest: false, name: "\(path).order"
        ).values
    }

    /// As many as there are, up to the limit.
    private func count(
        _ graph: inout GraphBuilder, _ path: String, _ level: Int, _ rank: Value
    ) -> Value {
        if let size = configuration.inputSize {
            let stride = Anchors.strides[level]
            let cells = [size.height, size.width].map { ($0 + stride - 1) / stride }
                .reduce(1, *)
            return graph.constant([min(Self.count, Int64(cells * Anchors.count))])
        }
        let shape = graph.shape(rank, name: "\(path).shape")
        let all = graph.slice(shape, start: 1, end: 2, name: "\(path).all")
        return graph.minimum(all, graph.constant([Self.count]), name: "\(path).count")
    }

    /// Row a of the table, moved to cell (x, y), of the anchors (y · W + x) · A + a: [N, k, 4].
    private func anchors(
        _ graph: inout GraphBuilder, _ path: String, _ level: Int, _ index: Value, map: Value
    ) -> Value {
        let stride = Anchors.strides[level]
        let table = graph.initializer(
            TensorLiteral("\(path).anchor_table", floats: table(stride), dimensions: [9, 4]))
        let anchors = graph.constant([Int64(Anchors.count)])
        let (cell, a) = divided(&graph, index, by: anchors, "\(path).cell")
        let shape = graph.shape(map, name: "\(path).grid")
        let width = graph.slice(shape, start: 2, end: 3, name: "\(path).width")
        let (y, x) = divided(&graph, cell, by: width, "\(path).row")
        let columns = [("x", x), ("y", y)].map { name, value in
            graph.unsqueeze(value, axis: 2, name: "\(path).\(name)")
        }
        let cells = graph.concat(columns + columns, axis: 2, name: "\(path).cells")
        let floats = graph.cast(cells, to: .float32, name: "\(path).cells.float")
        let shift = graph.multiply(
            floats, graph.scalar(Float(stride)), name: "\(path).shift")
        let base = graph.gather(table, indices: a, name: "\(path).base")
        return graph.add(base, shift, name: "\(path).anchors")
    }

    private func table(_ stride: Int) -> [Float] {
        Anchors.base(stride: stride, configuration.convention, configuration.anchorOrder)
            .flatMap { [$0.x1, $0.y1, $0.x2, $0.y2] }
    }
}

/// Quotient and remainder of integers that are not negative.
func divided(
    _ graph: inout GraphBuilder, _ value: Value, by divisor: Value, _ path: String
) -> (quotient: Value, remainder: Value) {
    let quotient = graph.divide(value, divisor, name: path)
    let whole = graph.multiply(quotient, divisor, name: "\(path).whole")
    return (quotient, graph.subtract(value, whole, name: "\(path).rest"))
}
