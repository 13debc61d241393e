/// What `iourun eval` measured on a results list.
struct EvalReport: Encodable {
    let annotations: String
    let detections: String
    let pictures: Int
    let found: Int
    let precision: PrecisionReport
    /// With `--report`.
    let study: ReportStudy?

    enum CodingKeys: String, CodingKey {
        case annotations, detections, pictures, found, report
    }

    /// The members of `precision` are beside the others.
    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(annotations, forKey: .annotations)
        try values.encode(detections, forKey: .detections)
        try values.encode(pictures, forKey: .pictures)
        try values.encode(found, forKey: .found)
        try values.encodeIfPresent(study, forKey: .report)
        try precision.encode(to: encoder)
    }

    var text: String {
        "\(pictures) pictures, \(precision.all.objects) objects, \(found) detections\n\n"
            + precision.text
    }
}
