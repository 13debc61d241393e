import ArgumentParser
import IoUConsole
import IoURuntime
import IoUVideo

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
            Write a line of JSON for each picture, or frame of a video, to the file; '-': to standard output, as soon as a \
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
    private var draft: FileDraft?
    private var lines: [UInt8] = []

    init(target: ResultTarget) {
        self.target = target
    }

    mutating func picture(_ picture: DetectedPicture) throws(IoUError) {
        let line = try JSON.encode(JSONReport.ImageEntry(picture), for: "--json-lines")
        if target == .standardOutput {
            try target.write(line)
        } else if let draft = try draft(for: picture) {
            try draft.write(line)
        } else {
            lines += line
        }
    }

    /// A video may have many lines, which go to the draft of the file at once.
    private mutating func draft(for picture: DetectedPicture) throws(IoUError) -> FileDraft? {
        if draft == nil, picture.frame != nil, let file = target.file, file.status?.kind != .other {
            draft = try FileDraft(of: file)
        }
        return draft
    }

    mutating func finish() throws(IoUError) {
        if let draft { return try draft.keep() }
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

        /// Of a video: the frame's index from 0, and its time in seconds; else left out.
        let frame: Int?
        let time: Double?

        let detections: [Entry]

        init(_ picture: DetectedPicture) {
            file = picture.path.description
            width = picture.detections.width
            height = picture.detections.height
            frame = picture.frame?.index
            time = picture.frame?.seconds
            detections = picture.detections.enumerated().map { index, found in
                Entry(detection: found, track: picture.tracks.map { $0[index] })
            }
        }
    }

    struct Entry: Encodable {
        let detection: Detection

        /// Left out where nothing is tracked, null for an object that is in no track.
        let track: Int??

        enum CodingKeys: String, CodingKey {
            case label, score, probability, iou, box, track
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
            if let track { try values.encode(track, forKey: .track) }
        }
    }

    mutating func append(_ picture: DetectedPicture) {
        images.append(ImageEntry(picture))
    }
}
