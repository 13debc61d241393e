import ArgumentParser
import IoUAccuracy
import IoUConsole
import IoUEval
import IoURuntime

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

    @Option(help: "Which pictures of a YOLO data set (default: val).")
    var split: YOLOSplit?

    @Flag(
        help: """
            Leave boxes with "ignore": 1 of COCO's format out, as difficult ones of VOC are; for \
            pycocotools they count.
            """)
    var honourIgnore = false

    /// Reads the annotations, and tells what is odd about them.
    ///
    /// - Parameter images: The pictures' folder, if one is given.
    func groundTruth(_ path: FilePath, images: FilePath?) throws(IoUError) -> GroundTruth {
        var options = GroundTruth.Options()
        options.vocBoxes = vocBoxes
        options.honoursIgnore = honourIgnore
        options.split = split ?? options.split
        options.images = images
        let truth = try GroundTruth.read(path, options: options)
        for remark in truth.remarks { Failure.note(remark, by: "iourun") }
        return truth
    }
}

extension VOCBoxes: ExpressibleByArgument {}
extension YOLOSplit: ExpressibleByArgument {}
