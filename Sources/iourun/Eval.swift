import ArgumentParser
import IoUConsole
import IoUEval
import IoURuntime

/// `iourun eval`
struct Eval: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures average precision: COCO's twelve numbers, AP50 to AP90, VOC's.",
        discussion: """
            Scores a COCO results list against annotations. COCO's numbers are those of pycocotools. \
            A number that nothing is known of, as of a class without boxes, is -1 in JSON and - in \
            tables. What is wrong with the data is reported before anything is measured.
            """)

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
    var detections: FilePath

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

    func run() throws {
        if let file = json?.file {
            try InputGuard([annotations, detections]).check(file)
            try file.checkWritable()
        }
        let truth = try measuring.groundTruth(annotations)
        if let images { _ = try truth.files(in: images) }
        let found = try FoundObject.read(coco: detections, for: truth)
        let report = EvalReport(
            annotations: annotations.description, detections: detections.description,
            pictures: truth.pictures.count, found: found.count,
            precision: PrecisionReport(found, for: truth, vocThresholds: measuring.vocIou.values))
        try json?.write(JSON.encode(report, for: "--json"))
        if json != .standardOutput { try StandardOutput.write(report.text) }
    }
}

/// How annotations are read and what is measured.
struct EvalArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The overlaps that find an object, for VOC's average precision.",
            valueName: "T,T,..."))
    var vocIou = FractionList([0.5])

    @Option(
        help: """
            What corners in VOC's files are: edges of pixels from 0, as most tools write them, or \
            first and last pixels from 1, as the challenges define them.
            """)
    var vocBoxes = VOCBoxes.edges

    @Flag(
        help: """
            Leave boxes with "ignore": 1 of COCO's format out, as difficult ones of VOC are; for \
            pycocotools they count.
            """)
    var honourIgnore = false

    /// Reads the annotations, and tells what is odd about them.
    func groundTruth(_ path: FilePath) throws(IoUError) -> GroundTruth {
        let truth = try GroundTruth(
            path: path, vocBoxes: vocBoxes, honoursIgnore: honourIgnore)
        for remark in truth.remarks { Failure.report("note: \(remark)", by: "iourun") }
        return truth
    }
}

extension VOCBoxes: ExpressibleByArgument {}
