import IoUGraph

/// Boxes from anchors and deltas as a graph, in the order of operations of docs/metadata.md.
struct DecodeGraph {
    let rules: ConventionRules

    private var isInclusive: Bool { rules.boxes == "inclusive" }

    /// Boxes [N, M, 4] in the picture's pixels; `sizes` [N, 2] are height and width without
    /// padding, `scales` [N] the input's pixels for one of the picture.
    func build(
        _ graph: inout GraphBuilder, _ candidates: Candidates, sizes: Value, scales: Value
    ) -> Value {
        let (near, far) = corners(&graph, candidates)
        let limit = limit(&graph, sizes)
        let clipped = [("near", near), ("far", far)].map { name, corner in
            let low = graph.maximum(corner, graph.scalar(0), name: "detect.\(name).low")
            return graph.minimum(low, limit, name: "detect.\(name).clipped")
        }
        let boxes = graph.concat(clipped, axis: 2, name: "detect.input_boxes")
        let factors = graph.reshape(
            scales, shape: graph.constant([-1, 1, 1]), name: "detect.factors")
        return graph.divide(boxes, factors, name: "detect.boxes")
    }

    private func half(
        _ graph: inout GraphBuilder, _ value: Value, _ first: Int64, _ name: String
    ) -> Value {
        graph.slice(value, start: first, end: first + 2, axis: 2, name: "detect.\(name)")
    }

    private func corners(
        _ graph: inout GraphBuilder, _ candidates: Candidates
    ) -> (near: Value, far: Value) {
        let near = half(&graph, candidates.anchors, 0, "anchors.near")
        let far = half(&graph, candidates.anchors, 2, "anchors.far")
        var extent = graph.subtract(far, near, name: "detect.extent")
        if isInclusive {
            extent = graph.add(extent, graph.scalar(1), name: "detect.extent.inclusive")
        }
        let sum = graph.add(near, far, name: "detect.anchors.sum")
        let middle = graph.multiply(sum, graph.scalar(0.5), name: "detect.anchors.middle")
        let shift = graph.multiply(
            half(&graph, candidates.deltas, 0, "deltas.shift"), extent, name: "detect.shift")
        let center = graph.add(shift, middle, name: "detect.center")
        let size = graph.clip(
            half(&graph, candidates.deltas, 2, "deltas.size"),
            low: graph.scalar(-Anchors.clamp), high: graph.scalar(Anchors.clamp),
            name: "detect.size.clamped")
        let grown = graph.multiply(
            graph.exp(size, name: "detect.size.factor"), extent, name: "detect.size")
        let half = graph.multiply(grown, graph.scalar(0.5), name: "detect.size.half")
        return (
            inwards(&graph, graph.subtract(center, half, name: "detect.near"), 0.5),
            inwards(&graph, graph.add(center, half, name: "detect.far"), -0.5)
        )
    }

    private func inwards(_ graph: inout GraphBuilder, _ corner: Value, _ by: Float) -> Value {
        guard rules.isHalfPixel else { return corner }
        return graph.add(corner, graph.scalar(by), name: "\(corner.name).inwards")
    }

    /// Right and bottom limit of each image: [N, 1, 2].
    private func limit(_ graph: inout GraphBuilder, _ sizes: Value) -> Value {
        let order = graph.constant([1, 0])
        let sides = graph.gather(sizes, indices: order, axis: 1, name: "detect.sides")
        let rows = graph.unsqueeze(sides, axis: 1, name: "detect.sides.rows")
        guard rules.clipLimit == "last-pixel" else { return rows }
        return graph.subtract(rows, graph.scalar(1), name: "detect.sides.last")
    }
}
