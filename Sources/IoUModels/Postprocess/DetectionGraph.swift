import IoUGraph

/// From head maps to the final detections as a graph: the same steps as the runtime's own, so that
/// any runtime gives final boxes.
struct DetectionGraph {
    static let sizesName = "image_sizes"
    static let scalesName = "scales"
    /// Of the metadata's keys `iou.score.threshold` and `iou.nms.threshold`.
    static let scoreThreshold: Float = 0.05
    static let overlapThreshold: Float = 0.5

    let configuration: DetectorConfiguration

    private var rules: ConventionRules { configuration.rules }
    private var max: Int64 { Int64(configuration.maxDetections) }
    private var classes: Int64 { Int64(configuration.classChannels.count) }

    /// Throws `.unsupported` for conventions whose steps it does not have.
    func check() throws(GraphError) {
        guard [.legacy, .edges].contains(configuration.convention) else {
            throw GraphError(
                .unsupported,
                "--postprocess graph has the conventions legacy and edges, not "
                    + "\(configuration.convention.rawValue): its picture needs more than one scale, "
                    + "or its selection another order; use --postprocess none")
        }
    }

    /// Adds the inputs, the nodes and the outputs.
    func build(_ graph: inout GraphBuilder, _ maps: Head.Outputs) {
        let sizes = graph.input(Self.sizesName, .tensor(.float32, ["batch", 2]))
        let scales = graph.input(Self.scalesName, .tensor(.float32, ["batch"]))
        let score = ScoreGraph(alpha: configuration.alpha)
        let candidates = CandidateGraph(configuration: configuration, score: score)
            .build(&graph, maps)
        let boxes = DecodeGraph(rules: rules)
            .build(&graph, candidates, sizes: sizes, scales: scales)
        let p = graph.sigmoid(candidates.logits, name: "detect.p")
        let q = candidates.ious.map { graph.sigmoid($0, name: "detect.q") }
        let weight = q.flatMap { score.weight(&graph, $0, "detect") }
            .map { graph.unsqueeze($0, axis: 2, name: "detect.weights") }
        let scores = score.score(&graph, p, weight, "detect")
        let kept = suppress(&graph, boxes, scores)
        outputDetections(&graph, Ranked(graph: &graph, kept, max: max, classes: classes), boxes, q)
    }

    /// Scores [N, M, classes] of what suppression keeps, -1 elsewhere: so the number of kept boxes,
    /// which only the data tells, is in no shape.
    private func suppress(
        _ graph: inout GraphBuilder, _ boxes: Value, _ scores: Value
    ) -> Value {
        let rows = graph.transpose(scores, order: [0, 2, 1], name: "detect.scores.classes")
        let limits = SuppressionLimits(
            boxesPerClass: max, overlap: Self.overlapThreshold, score: Self.scoreThreshold)
        let kept = graph.nonMaxSuppression(
            edges(&graph, boxes), scores: rows, limits: limits, name: "detect.nms")
        let tuples = graph.gather(
            kept, indices: graph.constant([0, 2, 1]), axis: 1, name: "detect.kept")
        let updates = graph.gatherND(scores, indices: tuples, name: "detect.kept.scores")
        let shape = graph.shape(scores, name: "detect.scores.shape")
        let none = graph.filled(shape, with: -1, name: "detect.none")
        return graph.scatterND(
            none, indices: tuples, updates: updates, name: "detect.scores.kept")
    }

    /// NonMaxSuppression measures between edges.
    private func edges(_ graph: inout GraphBuilder, _ boxes: Value) -> Value {
        guard rules.boxes == "inclusive" else { return boxes }
        let pixel = graph.initializer(
            TensorLiteral("detect.pixel", floats: [0, 0, 1, 1], dimensions: [4]))
        return graph.add(boxes, pixel, name: "detect.boxes.edges")
    }

    private func outputDetections(
        _ graph: inout GraphBuilder, _ ranked: Ranked, _ boxes: Value, _ q: Value?
    ) {
        let zero = graph.scalar(0)
        let valid = ranked.isValid
        let chosen = graph.gatherND(boxes, indices: ranked.tuples, batch: 1, name: "detect.chosen")
        let row = graph.unsqueeze(valid, axis: 2, name: "detect.valid.rows")
        let count = DimensionList(max)
        graph.output(
            graph.choose(row, chosen, zero, name: "detect.final.boxes", output: "boxes"),
            .tensor(.float32, count.and(4)))
        graph.output(
            graph.choose(
                valid, ranked.scores, zero, name: "detect.final.scores", output: "scores"),
            .tensor(.float32, count.all))
        graph.output(
            graph.choose(
                valid, ranked.labels, graph.constant([-1]), name: "detect.final.labels",
                output: "labels"),
            .tensor(.int64, count.all))
        if let q {
            let ious = graph.gatherND(q, indices: ranked.tuples, batch: 1, name: "detect.chosen.q")
            graph.output(
                graph.choose(valid, ious, zero, name: "detect.final.ious", output: "ious"),
                .tensor(.float32, count.all))
        }
        let ones = graph.cast(valid, to: .int64, name: "detect.valid.ones")
        graph.output(
            graph.reduceSum(ones, axis: 1, name: "detect.final.counts", output: "counts"),
            .tensor(.int64, ["batch"]))
    }

    /// [N, K] and [N, K, 4].
    private struct DimensionList {
        let all: [Dimension]

        init(_ count: Int64) { all = ["batch", .number(count)] }
        func and(_ extent: Int64) -> [Dimension] { all + [.number(extent)] }
    }
}

/// The best kept scores of each image, [N, K] of each.
struct Ranked {
    let scores: Value
    /// False where an image has fewer detections.
    let isValid: Value
    let labels: Value
    /// Places of their boxes, [N, K, 1].
    let tuples: Value

    /// `kept` [N, M, classes] has -1 where nothing was kept.
    init(graph: inout GraphBuilder, _ kept: Value, max: Int64, classes: Int64) {
        let flat = graph.reshape(kept, shape: graph.constant([0, -1]), name: "detect.flat")
        // There may be fewer scores than the outputs have rows.
        let batch = graph.slice(
            graph.shape(flat, name: "detect.flat.shape"), start: 0, end: 1, name: "detect.batch")
        let shape = graph.concat(
            [batch, graph.constant([max])], axis: 0, name: "detect.rest.shape")
        let rest = graph.filled(shape, with: -1, name: "detect.rest")
        let all = graph.concat([flat, rest], axis: 1, name: "detect.all")
        let top = graph.topK(all, count: graph.constant([max]), axis: 1, name: "detect.top")
        scores = top.values
        isValid = graph.greater(top.values, graph.scalar(0), name: "detect.valid")
        let place = graph.choose(
            isValid, top.indices, graph.constant([0]), name: "detect.top.place")
        let (candidate, label) = divided(
            &graph, place, by: graph.constant([classes]), "detect.top.candidate")
        labels = label
        tuples = graph.unsqueeze(candidate, axis: 2, name: "detect.top.tuples")
    }
}
