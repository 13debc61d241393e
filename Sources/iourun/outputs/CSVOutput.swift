import ArgumentParser
import IoUConsole
import IoURuntime
import IoUVideo

/// `--csv`
struct CSVOutput: DetectionFormat {
    @Option(
        help: ArgumentHelp(
            """
            Write a table to the file, a line a detection, with a heading and commas (RFC 4180), of \
            videos with frame, time and track too; \
            '-': to standard output, instead of the tables.
            """, valueName: "file"))
    var csv: ResultTarget?

    var target: (option: String, place: ResultTarget)? { csv.map { ("--csv", $0) } }

    func sink(for task: DetectionTask) throws(IoUError) -> (any DetectionSink)? {
        guard let csv else { return nil }
        try csv.check(sparing: task.inputs)
        return CSVSink(target: csv, hasFrames: task.isVideo)
    }
}

/// Writes one table for all pictures.
private struct CSVSink: DetectionSink {
    let target: ResultTarget
    private var text: String

    init(target: ResultTarget, hasFrames: Bool) {
        self.target = target
        text =
            "file,class,label,score,probability,iou,x1,y1,x2,y2"
            + (hasFrames ? ",frame,time,track" : "") + "\r\n"
    }

    mutating func picture(_ picture: DetectedPicture) throws(IoUError) {
        let file = picture.path.description.asCSV
        for (index, found) in picture.detections.enumerated() {
            let box = found.box
            let fields: [String] =
                [
                    file, "\(found.classIndex)", found.label.asCSV, "\(found.score)",
                    found.probability.isNaN ? "" : "\(found.probability)",
                    found.iou.map { "\($0)" } ?? "",
                ] + [box.x1, box.y1, box.x2, box.y2].map { "\($0)" }
                + picture.frameFields(of: index)
            text += fields.joined(separator: ",") + "\r\n"
        }
    }

    mutating func finish() throws(IoUError) {
        try target.write(Array(text.utf8))
    }
}

extension DetectedPicture {
    /// Of a frame of a video: which it is, when, and the number of the object, if it has one.
    fileprivate func frameFields(of detection: Int) -> [String] {
        guard let frame else { return [] }
        let track = tracks?[detection].map { "\($0)" }
        return ["\(frame.index)", "\(frame.seconds)", track ?? ""]
    }
}

extension String {
    /// In quotation marks where a comma, a mark or the end of a line would end the field.
    fileprivate var asCSV: String {
        let special: Set<Unicode.Scalar> = [",", "\"", "\r", "\n"]
        guard unicodeScalars.contains(where: special.contains) else { return self }
        return "\"" + unicodeScalars.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
    }
}
