import ArgumentParser
import IoUConsole
import IoURuntime

/// `--json`
struct JSONOutput: DetectionFormat {
    @Option(
        help: ArgumentHelp(
            "Write JSON to the file; '-': to standard output, instead of the tables.",
            valueName: "file"))
    var json: ResultTarget?

    var target: (option: String, place: ResultTarget)? { json.map { ("--json", $0) } }

    func sink(for task: DetectionTask) throws(IoUError) -> (any DetectionSink)? {
        guard let json else { return nil }
        try json.check(sparing: task.inputs)
        return JSONSink(target: json, report: JSONReport(model: task.model.description))
    }
}

/// `--json-lines`
struct JSONLinesOutput: DetectionFormat {
    @Option(
        help: ArgumentHelp(
            """
            Write a line of JSON for each picture to the file; '-': to standard output, as soon as a \
            picture is done, instead of the tables.
            """, valueName: "file"))
    var jsonLines: ResultTarget?

    var target: (option: String, place: ResultTarget)? { jsonLines.map { ("--json-lines", $0) } }

    func sink(for task: DetectionTask) throws(IoUError) -> (any DetectionSink)? {
        guard let jsonLines else { return nil }
        try jsonLines.check(sparing: task.inputs)
        return JSONLinesSink(target: jsonLines)
    }
}

/// Writes an object for each picture: a stream at once, a file at the end, whole.
private struct JSONLinesSink: DetectionSink {
    let target: ResultTarget
    var lines: [UInt8] = []

    mutating func picture(_ picture: DetectedPicture) throws(IoUError) {
        let line = try JSON.encode(JSONReport.ImageEntry(picture), for: "--json-lines")
        if target == .standardOutput {
            try target.write(line)
        } else {
            lines += line
        }
    }

    mutating func finish() throws(IoUError) {
        if target != .standardOutput { try target.write(lines) }
    }
}

/// Writes one object for all pictures.
private struct JSONSink: DetectionSink {
    let target: ResultTarget
    var report: JSONReport

    mutating func picture(_ picture: DetectedPicture) throws(IoUError) {
        report.append(picture)
    }

    mutating func finish() throws(IoUError) {
        try target.write(JSON.encode(report, for: "--json"))
    }
}

/// The JSON of a detection run.
private struct JSONReport: Encodable {
    let model: String
    var images: [ImageEntry] = []

    struct ImageEntry: Encodable {
        let file: String
        let width: Int
        let height: Int
        let detections: [Entry]

        init(_ picture: DetectedPicture) {
            file = picture.path.description
            width = picture.detections.width
            height = picture.detections.height
            detections = picture.detections.map(Entry.init)
        }
    }

    struct Entry: Encodable {
        let detection: Detection

        enum CodingKeys: String, CodingKey {
            case label, score, probability, iou, box
            case classIndex = "class"
        }

        /// The predicted IoU is null, not left out, where the model has none; and the probability
        /// where it has no part in the score of a graph that reports detections.
        func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(detection.label, forKey: .label)
            try values.encode(detection.classIndex, forKey: .classIndex)
            try values.encode(detection.score, forKey: .score)
            let probability = detection.probability
            try values.encode(probability.isNaN ? nil : probability, forKey: .probability)
            try values.encode(detection.iou, forKey: .iou)
            let box = detection.box
            try values.encode([box.x1, box.y1, box.x2, box.y2], forKey: .box)
        }
    }

    mutating func append(_ picture: DetectedPicture) {
        images.append(ImageEntry(picture))
    }
}
