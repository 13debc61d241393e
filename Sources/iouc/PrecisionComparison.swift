import IoUAccuracy
import IoUConsole
import IoUEval
import IoURuntime

/// Average precision of two models on the same pictures.
struct PrecisionComparison {
    private let before: Model
    private let pictures: AnnotatedPictures

    /// Reads the annotations, and looks at every picture.
    init(
        of model: Model, annotations: FilePath, pictures folder: FilePath?
    ) throws(IoUError) {
        var options = GroundTruth.Options()
        options.images = folder
        let truth = try GroundTruth.read(annotations, options: options)
        let match = try DetectionMatch(model.detectorInfo, truth)
        for remark in truth.remarks + match.remarks { Failure.note(remark, by: "iouc") }
        before = model
        pictures = try AnnotatedPictures(truth, in: folder)
        try pictures.check()
    }

    /// A table with a row for each model, and one for what the second has more.
    func table(with after: Model) throws(IoUError) -> String {
        let rows = [
            try numbers(of: before, work: "before"), try numbers(of: after, work: "after"),
        ]
        var table = Table([("", .left)] + Self.columns.map { ($0.name, .right) })
        for (name, numbers) in zip(["before", "after"], rows) {
            table.append([name] + numbers.map { $0?.fixed(4) ?? "-" })
        }
        let differences = zip(rows[0], rows[1]).map { before, after in
            before.flatMap { before in after.map { ($0 - before).signed(4) } } ?? "-"
        }
        table.append(["difference"] + differences)
        return table.text
    }

    private static let columns: [(name: String, threshold: Double?)] = [
        ("AP", nil), ("AP50", 0.5), ("AP75", 0.75), ("AP90", 0.9),
    ]

    private func numbers(of model: Model, work: String) throws(IoUError) -> [Double?] {
        var detector = try Detector(model)
        let scores = try pictures.scores(of: &detector, work: work)
        return Self.columns.map { scores.averagePrecision(at: $0.threshold) }
    }
}

extension Double {
    /// With a sign, for differences.
    fileprivate func signed(_ digits: Int) -> String {
        (self < 0 ? "" : "+") + fixed(digits)
    }
}
