import IoUAccuracy
import IoUConsole
import IoUEval
import IoUPlot
import IoURuntime

/// One call of `iourun eval` with a model: everything is checked first, then picture follows
/// picture.
struct ModelEvaluation: ~Copyable {
    private let arguments: Eval
    private let name: FilePath
    private let images: FilePath?
    private let pictures: AnnotatedPictures
    private let alphas: AlphaChoice
    private let storage: ThresholdStorage
    private let match: DetectionMatch
    private var detector: Detector
    /// By picture, of all classes: what the true IoU is measured with; empty where it is not.
    private let trueBoxes: [[Detection.Box]]

    /// By α, in the order of the choice.
    private var found: [FoundList]
    /// The same with true IoUs; empty unless they are asked for.
    private var foundByOracle: [FoundList]

    init(_ arguments: Eval, model name: FilePath, images: FilePath?) throws(IoUError) {
        let options = arguments.options
        let pictures = try AnnotatedPictures(
            arguments.measuring.groundTruth(arguments.annotations, images: images), in: images)
        try ModelEvaluation.checkOutputs(
            arguments,
            inputs: pictures.files + pictures.truth.otherFiles
                + [name, arguments.annotations, pictures.truth.source])
        let model = try Model(path: name, options: arguments.running.links.modelOptions)
        let detector = try Detector.open(
            model, from: name, options: arguments.running.sessionOptions())
        let alphas = try AlphaChoice(
            options.alpha?.values, ifMissing: ModelEvaluation.plotted(arguments, detector.info),
            for: detector.info)
        guard options.explain == nil || alphas.canRescore else {
            throw IoUError(
                .unsupported,
                "--explain: expected a model whose outputs are maps, found one whose graph reports "
                    + "detections")
        }
        let match = try DetectionMatch(detector.info, pictures.truth)
        for remark in match.remarks { Failure.note(remark, by: "iourun") }
        let wantsOracle = options.explain != nil && alphas.predictsIoU
        trueBoxes =
            wantsOracle ? ModelEvaluation.boxes(of: pictures.truth, detector.info.boxes) : []
        found = alphas.tried.map { _ in FoundList() }
        foundByOracle = wantsOracle ? alphas.tried.map { _ in FoundList() } : []
        self.name = name
        self.images = images
        self.pictures = pictures
        self.alphas = alphas
        storage = ThresholdStorage(
            in: name, model,
            options: ModelEvaluation.chosen(alphas, arguments.selection.nmsThreshold))
        self.match = match
        self.arguments = arguments
        self.detector = detector
    }

    /// What the detailed numbers are measured with and the model does not say.
    private static func chosen(
        _ alphas: AlphaChoice, _ nmsThreshold: Float?
    ) -> [(name: String, value: Double)] {
        let alpha = alphas.predictsIoU ? alphas.tried[alphas.detailed] : nil
        return [
            alpha.flatMap { $0 == alphas.own ? nil : ("--alpha", $0) },
            nmsThreshold.map { ("--nms-threshold", $0.asWritten) },
        ].compactMap(\.self)
    }

    /// The α of plots and of the page, which has the model's own among them.
    private static func plotted(_ arguments: Eval, _ info: DetectorInfo) -> [Double]? {
        let even = (0...10).map { Double($0) / 10 }
        if arguments.reporting.report != nil, info.canRescore, info.predictsIoU {
            return Set(even + [info.alpha.asWritten]).sorted()
        }
        return arguments.options.plot.map { _ in even }
    }

    private static func checkOutputs(
        _ arguments: Eval, inputs: [FilePath]
    ) throws(IoUError) {
        let inputs = FileGuard(inputs)
        let options = arguments.options
        try arguments.reporting.report?.check(sparing: inputs)
        for file in [options.plot, options.explain?.file].compactMap(\.self) {
            try inputs.check(file)
            try file.checkWritablePNG()
        }
        for target in [arguments.json, options.coco].compactMap(\.self) {
            try target.check(sparing: inputs)
        }
    }

    mutating func run() throws(IoUError) {
        try pictures.check()
        let pictures = pictures
        try pictures.forEach("") { (position, image) throws(IoUError) in
            try look(at: position, image)
        }
        try write()
    }

    /// Runs the network once, and scores what it sees with every α.
    private mutating func look(at position: Int, _ image: Image) throws(IoUError) {
        let options = alphas.tried.map { alpha in
            arguments.selection.options(alpha: alphas.predictsIoU ? alpha.map { Float($0) } : nil)
        }
        let first = try detector.detect(
            in: image, from: pictures.files[position], options: options[0])
        note(first, of: position, in: 0)
        for number in options.indices.dropFirst() {
            note(try detector.rescore(options: options[number])[0], of: position, in: number)
        }
        for number in foundByOracle.indices {
            let boxes = trueBoxes[position]
            let found = try detector.rescore(truth: [boxes], options: options[number])[0]
            foundByOracle[number].objects += found.compactMap { match.object($0, in: position) }
        }
    }

    private mutating func note(_ found: Detections, of position: Int, in number: Int) {
        let known = found.filter { match.hasCategory(of: $0) }
        self.found[number].objects += known.compactMap { match.object($0, in: position) }
        if number == alphas.detailed { self.found[number].detections += known }
    }

    private static func boxes(
        of truth: GroundTruth, _ convention: DetectorInfo.BoxConvention
    ) -> [[Detection.Box]] {
        var boxes = [[Detection.Box]](repeating: [], count: truth.pictures.count)
        for object in truth.objects where object.isToBeFound {
            boxes[object.picture].append(convention.corners(object.box))
        }
        return boxes
    }

    // MARK: Reports

    private func write() throws(IoUError) {
        let options = arguments.options
        let study = options.explain.map { _ in
            ConfidenceStudy(
                found[alphas.detailed], for: pictures.truth, alpha: alphas.tried[alphas.detailed])
        }
        let report = ModelReport(
            model: name.description, annotations: arguments.annotations.description,
            images: images?.description, pictures: pictures.files.count, alphas: alphas,
            rows: rows(found), study: study, oracle: rows(foundByOracle), reportStudy: reportStudy)
        try options.plot.map { (file) throws(IoUError) in
            try report.alphaPlot.picture().writePNG(to: file)
        }
        if let file = options.explain?.file, let study {
            try study.plot(of: name).picture().writePNG(to: file)
        }
        if let folder = arguments.reporting.report, let study = report.reportStudy {
            Progress.show("writing \(folder.folder)")
            defer { Progress.clear() }
            try folder.write(
                page(of: report, study).html(), JSON.encode(report, for: "--report"))
        }
        try options.coco?.write(JSON.encode(entries, for: "--coco"))
        try arguments.json?.write(JSON.encode(report, for: "--json"))
        guard arguments.json != .standardOutput, options.coco != .standardOutput else { return }
        try StandardOutput.write(report.text)
    }

    private var reportStudy: ReportStudy? {
        arguments.reporting.report.map { _ in
            let list = found[alphas.detailed]
            return ReportStudy(
                list.objects, for: pictures.truth, detections: list.detections,
                pictures: arguments.reporting.reportPictures)
        }
    }

    private func page(of report: ModelReport, _ study: ReportStudy) -> ReportPage {
        ReportPage(
            title: name.lastComponent.description,
            facts: [
                ("model", report.model), ("annotations", report.annotations),
                ("pictures", "\(report.pictures)"), ("objects", "\(study.truth.objects.count)"),
                ("detections", "\(study.found.count)"), ("α", report.detailed.name),
            ], precision: report.detailed.precision, study: study, alphas: report.rows,
            ownAlpha: alphas.own,
            confidence: ConfidenceStudy(
                found[alphas.detailed], for: study.truth, alpha: report.detailed.alpha),
            storage: storage, files: pictures.files)
    }

    private func rows(_ lists: [FoundList]) -> [AlphaRow] {
        zip(alphas.tried, lists).map { alpha, list in
            AlphaRow(
                alpha: alpha, found: list.objects.count,
                precision: PrecisionReport(
                    list.objects, for: pictures.truth,
                    vocThresholds: arguments.measuring.vocIou.values))
        }
    }

    private var entries: [CocoEntry] {
        let list = found[alphas.detailed]
        let truth = pictures.truth
        return zip(list.objects, list.detections).map { object, detection in
            CocoEntry(
                detection, match.convention, imageID: truth.pictures[object.picture].id,
                categoryID: truth.categories[object.category].id)
        }
    }
}

/// What one α finds in all pictures.
struct FoundList {
    var objects: [FoundObject] = []
    /// Of ``objects``, as the detector gives them; empty where only precision is asked for.
    var detections: [Detection] = []
}
