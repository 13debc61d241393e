import ArgumentParser
import IoUConsole
import IoUEval
import IoURuntime

/// `iourun eval`
struct Eval: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures average precision: COCO's twelve numbers, AP50 to AP90, VOC's.",
        usage: """
            iourun eval MODEL.onnx --images FOLDER --annotations FILE [options]
            iourun eval --detections FILE --annotations FILE [options]
            """,
        discussion: """
            Scores a detector on pictures, or a COCO results list, against annotations. COCO's \
            numbers are those of pycocotools. A number that nothing is known of, as of a class \
            without boxes, is -1 in JSON and - in tables. What is wrong with the data is reported \
            before anything is measured.

            Of several α the network runs once. What is there for one α only (classes, recall, --coco, \
            --explain) is reported for the model's own where it is among them, else for the first.
            """)

    @Argument(help: "A model with detector metadata.", completion: .file(extensions: ["onnx"]))
    var model: FilePath?

    @Option(
        help: ArgumentHelp(
            "What is to be found: a file in COCO's format, or a folder of VOC's XML files.",
            valueName: "file-or-folder"))
    var annotations: FilePath

    @Option(
        help: ArgumentHelp(
            """
            A results list in COCO's format: what 'iourun --coco' or another program found. With VOC, \
            pictures and classes are numbered from 1 in the order of their names.
            """, valueName: "file"))
    var detections: FilePath?

    @Option(
        help: ArgumentHelp(
            "The pictures, all of which must be there.", valueName: "folder"))
    var images: FilePath?

    @Option(
        help: ArgumentHelp(
            "Write JSON to the file; '-': to standard output, instead of the tables.",
            valueName: "file"))
    var json: ResultTarget?

    @OptionGroup var measuring: EvalArguments

    @OptionGroup(title: "Options of a model") var options: ModelEvaluationOptions
    @OptionGroup(title: "Options of a model") var selection: SelectionArguments
    @OptionGroup(title: "Options of a model") var running: RunArguments

    func validate() throws {
        guard (model == nil) != (detections == nil) else {
            throw ValidationError("expected either MODEL.onnx or --detections")
        }
        if model != nil, images == nil {
            throw ValidationError("--images: expected with a model")
        }
        if model == nil, let option = options.given ?? selection.given ?? running.given {
            throw ValidationError("\(option): expected together with a model")
        }
        if json == .standardOutput, options.coco == .standardOutput {
            throw ValidationError("--json and --coco: only one can go to standard output")
        }
        let outputs = [json?.file, options.coco?.file, options.plot, options.explain?.file]
            .compactMap(\.self)
        guard Set(outputs).count == outputs.count else {
            throw ValidationError("expected a file of its own for every result")
        }
    }

    func run() throws {
        guard let model, let images else { return try scoreDetections() }
        var evaluation = try ModelEvaluation(self, model: model, images: images)
        try evaluation.run()
    }

    private func scoreDetections() throws {
        guard let detections else { return }
        try json?.check(sparing: FileGuard([annotations, detections]))
        let truth = try measuring.groundTruth(annotations)
        if let images { _ = try truth.files(in: images) }
        if annotations.status?.kind == .folder { tellNumbers(of: truth) }
        let results = try CocoResults(detections, for: truth)
        for remark in results.remarks { Failure.note(remark, by: "iourun") }
        let found = results.found
        let report = EvalReport(
            annotations: annotations.description, detections: detections.description,
            pictures: truth.pictures.count, found: found.count,
            precision: PrecisionReport(found, for: truth, vocThresholds: measuring.vocIou.values))
        try json?.write(JSON.encode(report, for: "--json"))
        if json != .standardOutput { try StandardOutput.write(report.text) }
    }

    /// VOC has no numbers, and a list that was made with others looks like a bad detector.
    private func tellNumbers(of truth: GroundTruth) {
        let classes = truth.categories.prefix(20).map { "\($0.id) '\($0.name)'" }
        Failure.report(
            "note: '\(annotations)': image_id counts XML files by name from 1, category_id is "
                + classes.joined(separator: ", ")
                + (truth.categories.count > classes.count ? " and so on by name" : ""),
            by: "iourun")
    }
}
