extension GraphBuilder {
    /// The `count` (int64 [1]) largest or smallest elements of one axis in order, equal ones by
    /// rising index, and their indices.
    public mutating func topK(
        _ input: Value, count: Value, axis: Int64, largest: Bool = true, name: String
    ) -> (values: Value, indices: Value) {
        let outputs = node(
            "TopK", name: name, [input, count],
            attributes: [
                Attribute("axis", .int(axis)), Attribute("largest", .int(largest ? 1 : 0)),
                Attribute("sorted", .int(1)),
            ], outputs: ["values", "indices"])
        return (outputs[0], outputs[1])
    }

    /// Slices of `data` by index tuples, the last axis of `indices`; the first `batch` axes of the
    /// two go together.
    public mutating func gatherND(
        _ data: Value, indices: Value, batch: Int64 = 0, name: String
    ) -> Value {
        node(
            "GatherND", name: name, [data, indices],
            attributes: [Attribute("batch_dims", .int(batch))])
    }

    /// `data` with the elements at index tuples replaced.
    public mutating func scatterND(
        _ data: Value, indices: Value, updates: Value, name: String
    ) -> Value {
        node("ScatterND", name: name, [data, indices, updates])
    }

    /// What class-wise suppression keeps of `boxes` [N, M, 4] (corners) with `scores` [N, C, M]:
    /// rows (image, class, box), int64 [kept, 3].
    public mutating func nonMaxSuppression(
        _ boxes: Value, scores: Value, limits: SuppressionLimits, name: String
    ) -> Value {
        let overlap = scalar(limits.overlap), score = scalar(limits.score)
        return node(
            "NonMaxSuppression", name: name,
            [boxes, scores, constant([limits.boxesPerClass]), overlap, score])
    }
}

/// The thresholds of a suppression.
public struct SuppressionLimits: Sendable {
    /// Of one class of one image.
    public var boxesPerClass: Int64
    /// A box that overlaps a better one by more goes.
    public var overlap: Float
    /// A box with a score up to this goes.
    public var score: Float

    public init(boxesPerClass: Int64, overlap: Float, score: Float) {
        self.boxesPerClass = boxesPerClass
        self.overlap = overlap
        self.score = score
    }
}
