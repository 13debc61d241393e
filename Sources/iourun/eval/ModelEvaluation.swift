import IoUConsole
import IoUEval
import IoUPlot
import IoURuntime

/// One call of `iourun eval` with a model: everything is checked first, then picture follows
/// picture.
struct ModelEvaluation: ~Copyable {
    private let arguments: Eval
    private let name: FilePath
    private let images: FilePath
    private let truth: GroundTruth
    private let files: [FilePath]
    private let alphas: AlphaChoice
    private let classes: ClassMatch
    private let convention: DetectorInfo.BoxConvention
    private var detector: Detector
    /// By picture, of all classes: what the true IoU is measured with; empty where it is not.
    private let trueBoxes: [[Detection.Box]]

    /// By α, in the order of the choice.
    private var found: [FoundList]
    /// The same with true IoUs; empty unless they are asked for.
    private var foundByOracle: [FoundList]

    init(_ arguments: Eval, model name: FilePath, images: FilePath) throws(IoUError) {
        let options = arguments.options
        let truth = try arguments.measuring.groundTruth(arguments.annotations)
        let files = try truth.files(in: images)
        try ModelEvaluation.checkOutputs(
            options, arguments.json, inputs: files + [name, arguments.annotations])
        let model = try Model(path: name, options: arguments.running.links.modelOptions)
        let detector = try Detector.open(
            model, from: name, options: arguments.running.sessionOptions())
        let alphas = try AlphaChoice(
            options.alpha?.values, ifMissing: options.plot.map { _ in ModelEvaluation.plotted },
            for: detector.info)
        guard options.explain == nil || alphas.canRescore else {
            throw IoUError(
                .unsupported,
                "--explain: expected a model whose outputs are maps, found one whose graph reports "
                    + "detections")
        }
        let classes = try ClassMatch(detector.labels, truth)
        for remark in classes.remarks { Failure.note(remark, by: "iourun") }
        let convention = detector.info.boxes
        let wantsOracle = options.explain != nil && alphas.predictsIoU
        trueBoxes = wantsOracle ? ModelEvaluation.boxes(of: truth, convention) : []
        self.convention = convention
        found = alphas.tried.map { _ in FoundList() }
        foundByOracle = wantsOracle ? alphas.tried.map { _ in FoundList() } : []
        self.name = name
        self.images = images
        self.truth = truth
        self.files = files
        self.alphas = alphas
        self.classes = classes
        self.arguments = arguments
        self.detector = detector
    }

    private static let plotted = (0...10).map { Double($0) / 10 }

    private static func checkOutputs(
        _ options: ModelEvaluationOptions, _ json: ResultTarget?, inputs: [FilePath]
    ) throws(IoUError) {
        let inputs = InputGuard(inputs)
        for file in [options.plot, options.explain?.file].compactMap(\.self) {
            try inputs.check(file)
            try file.checkWritablePNG()
        }
        for target in [json, options.coco].compactMap(\.self) { try target.check(sparing: inputs) }
    }

    mutating func run() throws(IoUError) {
        try forEachPicture("checking") { (evaluation, position) throws(IoUError) in
            try evaluation.check(try Image(path: evaluation.files[position]), position)
        }
        try forEachPicture("") { (evaluation, position) throws(IoUError) in
            try evaluation.look(at: position)
        }
        try write()
    }

    private mutating func forEachPicture(
        _ work: String, _ body: (inout ModelEvaluation, Int) throws(IoUError) -> Void
    ) throws(IoUError) {
        var progress = Progress(total: files.count, work: work)
        defer { progress.clear() }
        for position in files.indices {
            progress.update(done: position)
            try body(&self, position)
        }
    }

    /// Runs the network once, and scores what it sees with every α.
    private mutating func look(at position: Int) throws(IoUError) {
        let image = try Image(path: files[position])
        let options = alphas.tried.map { alpha in
            arguments.selection.options(alpha: alphas.predictsIoU ? alpha.map { Float($0) } : nil)
        }
        let first: Detections
        do throws(IoUError) {
            first = try detector.detect(in: image, options: options[0])
        } catch {
            throw IoUError(error.code, "'\(files[position])': \(error.message)")
        }
        note(first, of: position, in: 0)
        for number in options.indices.dropFirst() {
            note(try detector.rescore(options: options[number])[0], of: position, in: number)
        }
        for number in foundByOracle.indices {
            let boxes = trueBoxes[position]
            let found = try detector.rescore(truth: [boxes], options: options[number])[0]
            foundByOracle[number].objects += found.compactMap { object($0, position) }
        }
    }

    /// Boxes of another size of picture mean nothing.
    private func check(_ image: borrowing Image, _ position: Int) throws(IoUError) {
        guard let size = truth.pictures[position].size,
            (image.width, image.height) != (size.width, size.height)
        else { return }
        throw IoUError(
            .badData,
            "'\(files[position])': expected \(size.width)x\(size.height) pixels as "
                + "'\(truth.source)' says, found \(image.width)x\(image.height)")
    }

    private mutating func note(_ found: Detections, of position: Int, in number: Int) {
        let known = found.filter { classes.categories[$0.classIndex] != nil }
        self.found[number].objects += known.compactMap { object($0, position) }
        if number == alphas.detailed { self.found[number].detections += known }
    }

    /// `nil` where the ground truth does not have the class.
    private func object(_ detection: Detection, _ position: Int) -> FoundObject? {
        guard let category = classes.categories[detection.classIndex] else { return nil }
        let sides = convention.coco(detection.box).map(\.asWritten)
        return FoundObject(
            picture: position, category: category,
            box: BoundingBox(x: sides[0], y: sides[1], width: sides[2], height: sides[3]),
            score: detection.score.asWritten)
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
                found[alphas.detailed], for: truth, alpha: alphas.tried[alphas.detailed])
        }
        let report = ModelReport(
            model: name.description, annotations: arguments.annotations.description,
            images: images.description, pictures: files.count, alphas: alphas,
            rows: rows(found), study: study, oracle: rows(foundByOracle))
        try options.plot.map { (file) throws(IoUError) in
            try report.alphaPlot.picture().writePNG(to: file)
        }
        if let file = options.explain?.file, let study {
            try study.plot(of: name).picture().writePNG(to: file)
        }
        try options.coco?.write(JSON.encode(entries, for: "--coco"))
        try arguments.json?.write(JSON.encode(report, for: "--json"))
        guard arguments.json != .standardOutput, options.coco != .standardOutput else { return }
        try StandardOutput.write(report.text)
    }

    private func rows(_ lists: [FoundList]) -> [AlphaRow] {
        zip(alphas.tried, lists).map { alpha, list in
            AlphaRow(
                alpha: alpha, found: list.objects.count,
                precision: PrecisionReport(
                    list.objects, for: truth, vocThresholds: arguments.measuring.vocIou.values))
        }
    }

    private var entries: [CocoEntry] {
        let list = found[alphas.detailed]
        return zip(list.objects, list.detections).map { object, detection in
            CocoEntry(
                detection, convention, imageID: truth.pictures[object.picture].id,
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

extension Float {
    /// The number that a reader of its shortest text finds there.
    var asWritten: Double { Double(description) ?? Double(self) }
}
