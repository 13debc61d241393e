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
            iourun eval MODEL.onnx --annotations data.yaml [options]
            iourun eval --detections FILE --annotations FILE [options]
            """,
        discussion: """
            Scores a detector on pictures, or a COCO results list, against annotations. COCO's \
            numbers are those of pycocotools. A number that nothing is known of, as of a class \
            without boxes, is -1 in JSON and - in tables. What is wrong with the data is reported \
            before anything is measured.

            --report writes a page for people, with figures and pictures, that needs no network.

            Of several α the network runs once. What is there for one α only (classes, recall, --coco, \
            --explain) is reported for the model's own where it is among them, else for the first.
            """)

    @Argument(help: "A model with detector metadata.", completion: .file(extensions: ["onnx"]))
    var model: FilePath?

    @Option(
        help: ArgumentHelp(
            """
            What is to be found: a file in COCO's format, a folder of VOC's XML files, or a YOLO \
            data set's data.yaml.
            """, valueName: "file-or-folder"))
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
            """
            The pictures, all of which must be there (default with data.yaml: those of its --split).
            """, valueName: "folder"))
    var images: FilePath?

    @Option(
        help: ArgumentHelp(
            "Write JSON to the file; '-': to standard output, instead of the tables.",
            valueName: "file"))
    var json: ResultTarget?

    @OptionGroup var measuring: EvalArguments
    @OptionGroup var reporting: ReportArguments

    @OptionGroup(title: "Options of a model") var options: ModelEvaluationOptions
    @OptionGroup(title: "Options of a model") var selection: SelectionArguments
    @OptionGroup(title: "Options of a model") var running: RunArguments

    func validate() throws {
        guard (model == nil) != (detections == nil) else {
            throw ValidationError("expected either MODEL.onnx or --detections")
        }
        if model != nil, images == nil, annotations.yoloFile == nil {
            throw ValidationError("--images: expected with a model")
        }
        if model == nil, let option = options.given ?? selection.given ?? running.given {
            throw ValidationError("\(option): expected together with a model")
        }
        if measuring.split != nil, annotations.yoloFile == nil {
            throw ValidationError("--split: expected together with a YOLO data set's data.yaml")
        }
        if measuring.split != nil, images != nil {
            throw ValidationError(
                "--split: expected without --images, which names the pictures itself")
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
        guard let model else { return try scoreDetections() }
        var evaluation = try ModelEvaluation(self, model: model, images: images)
        try evaluation.run()
    }

    private func scoreDetections() throws {
        guard let detections else { return }
        let truth = try measuring.groundTruth(annotations, images: images)
        let files = try pictureFiles(of: truth)
        let guarded = FileGuard(
            [annotations, detections, truth.source] + truth.otherFiles + (files ?? []))
        try json?.check(sparing: guarded)
        try reporting.report?.check(sparing: guarded)
        if annotations.status?.kind == .folder || annotations.yoloFile != nil {
            tellNumbers(of: truth)
        }
        let results = try CocoResults(detections, for: truth)
        for remark in results.remarks { Failure.note(remark, by: "iourun") }
        let found = results.found
        let precision = PrecisionReport(
            found, for: truth, vocThresholds: measuring.vocIou.values)
        let study = reporting.report.map { _ in
            ReportStudy(found, for: truth, detections: [], pictures: reporting.reportPictures)
        }
        let report = EvalReport(
            annotations: annotations.description, detections: detections.description,
            pictures: truth.pictures.count, found: found.count, precision: precision, study: study)
        let encoded = try JSON.encode(report, for: "--json")
        if let study, let folder = reporting.report {
            let page = ReportPage(
                title: detections.lastComponent.description,
                facts: [
                    ("results", detections.description), ("annotations", annotations.description),
                    ("pictures", "\(truth.pictures.count)"),
                    ("objects", "\(truth.objects.count)"), ("detections", "\(found.count)"),
                ], precision: precision, study: study, alphas: [], ownAlpha: nil, confidence: nil,
                storage: nil, files: files)
            try folder.write(page.html(), encoded)
        }
        try json?.write(encoded)
        if json != .standardOutput { try StandardOutput.write(report.text) }
    }

    /// All of them, where a folder is given or known; `nil` where the pictures are not looked at.
    private func pictureFiles(of truth: GroundTruth) throws(IoUError) -> [FilePath]? {
        guard images != nil || annotations.yoloFile != nil else { return nil }
        return try truth.files(in: images)
    }

    /// VOC has no numbers, and a list that was made with others looks like a bad detector.
    private func tellNumbers(of truth: GroundTruth) {
        let numbered =
            annotations.yoloFile == nil ? "XML files by name" : "pictures in the order of the split"
        let classes = truth.categories.prefix(20).map { "\($0.id) '\($0.name)'" }
        Failure.report(
            "note: '\(annotations)': image_id counts \(numbered) from 1, category_id is "
                + classes.joined(separator: ", ")
                + (truth.categories.count > classes.count ? " and so on" : ""),
            by: "iourun")
    }
}
