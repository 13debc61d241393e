import ArgumentParser
import IoUConsole

/// The page that people look at.
struct ReportArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Write a page with tables, curves, the best thresholds, kinds of error and the worst \
            pictures, report.html, and its numbers, report.json. With a model that predicts the IoU, \
            eleven α are tried.
            """, valueName: "folder"))
    var report: ReportFolder?

    @Option(
        help: ArgumentHelp(
            "With --report: how many of the worst pictures are shown.", valueName: "N"))
    var reportPictures = 12

    func validate() throws {
        try (0...200).check(reportPictures, of: "--report-pictures")
    }
}
