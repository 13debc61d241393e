import ArgumentParser
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
        for remark in truth.remarks { Failure.note(remark, by: "iourun") }
        return truth
    }
}

extension VOCBoxes: ExpressibleByArgument {}
