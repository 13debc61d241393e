import IoUConsole

/// What `iourun eval` measured on a model.
struct ModelReport: Encodable {
    let model: String
    let annotations: String
    /// Of a YOLO data set, `nil`: where its file says.
    let images: String?
    let pictures: Int
    let alphas: AlphaChoice
    /// For every α.
    let rows: [AlphaRow]
    let study: ConfidenceStudy?
    /// For every α; empty where the true IoU was not asked for.
    let oracle: [AlphaRow]
    /// With `--report`.
    let reportStudy: ReportStudy?

    enum CodingKeys: String, CodingKey {
        case model, annotations, images, pictures, alpha, found, alphas, explain, report
        case modelAlpha = "model_alpha"
    }

    private enum ExplainKeys: String, CodingKey {
        case oracle
    }

    /// The members of the detailed α are beside the others.
    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(model, forKey: .model)
        try values.encode(annotations, forKey: .annotations)
        try values.encode(images, forKey: .images)
        try values.encode(pictures, forKey: .pictures)
        try values.encode(alphas.own, forKey: .modelAlpha)
        try values.encode(rows, forKey: .alphas)
        try values.encodeIfPresent(reportStudy, forKey: .report)
        try detailed.encode(to: encoder)
        guard let study else { return }
        let nested = values.superEncoder(forKey: .explain)
        try study.encode(to: nested)
        var explained = nested.container(keyedBy: ExplainKeys.self)
        try explained.encode(oracle, forKey: .oracle)
    }

    var detailed: AlphaRow { rows[alphas.detailed] }
}

/// What one α gives.
struct AlphaRow: Encodable {
    /// `nil`: a constant of the graph that the model does not tell.
    let alpha: Double?
    let found: Int
    let precision: PrecisionReport

    enum CodingKeys: CodingKey { case alpha, found }

    /// The members of `precision` are beside the others.
    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(alpha, forKey: .alpha)
        try values.encode(found, forKey: .found)
        try precision.encode(to: encoder)
    }
}
