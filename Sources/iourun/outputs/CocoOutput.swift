import ArgumentParser
import IoUAccuracy
import IoUConsole
import IoUEval
import IoURuntime

/// `--coco`, with `--annotations`
struct CocoOutput: DetectionFormat {
    @Option(
        help: ArgumentHelp(
            "Write a COCO results list to the file. \(CocoNumbering.help)", valueName: "file"))
    var coco: ResultTarget?

    @Option(
        help: ArgumentHelp(
            "Annotations in COCO's format, for the numbers in --coco.", valueName: "file"))
    var annotations: FilePath?

    func validate() throws {
        if annotations != nil, coco == nil {
            throw ValidationError("--annotations: expected together with --coco")
        }
    }

    var target: (option: String, place: ResultTarget)? { coco.map { ("--coco", $0) } }

    var pictureOption: String? { coco.map { _ in "--coco" } }

    func inputs(for pictures: [FilePath]) -> [FilePath] {
        guard coco != nil else { return [] }
        return annotations.map { [$0] } ?? Array(CocoNumbering.files(beside: pictures).values)
    }

    func sink(for task: DetectionTask) throws(IoUError) -> (any DetectionSink)? {
        guard let coco else { return nil }
        try coco.check(sparing: task.inputs)
        return CocoSink(target: coco, annotations: annotations, pictures: task.pictures.pictures)
    }
}

/// Writes one list for all pictures.
private struct CocoSink: DetectionSink {
    let target: ResultTarget
    let annotations: FilePath?
    let pictures: [FilePath]
    var numbering = CocoNumbering.running(categories: [])
    var convention = DetectorInfo.BoxConvention.edges
    var entries: [CocoEntry] = []

    mutating func begin(_ info: DetectorInfo) throws(IoUError) {
        numbering = try CocoNumbering(annotations: annotations, pictures: pictures, info: info)
        convention = info.boxes
    }

    /// A picture or a class without number is in no results list.
    func prepare(_ picture: DetectedPicture) throws(IoUError) {
        _ = try entries(of: picture)
    }

    mutating func picture(_ picture: DetectedPicture) throws(IoUError) {
        entries += try entries(of: picture)
    }

    private func entries(of picture: DetectedPicture) throws(IoUError) -> [CocoEntry] {
        let image = try numbering.imageID(of: picture.path, position: picture.position)
        var entries: [CocoEntry] = []
        for detection in picture.detections {
            let category = try numbering.categoryID(of: detection, in: picture.path)
            entries.append(
                CocoEntry(detection, convention, imageID: image, categoryID: category))
        }
        return entries
    }

    mutating func finish() throws(IoUError) {
        try target.write(JSON.encode(entries, for: "--coco"))
    }
}

/// A detection in COCO's format of results.
struct CocoEntry: Encodable {
    let imageID: RecordID
    let categoryID: RecordID
    let bbox: [Float]
    let score: Float

    enum CodingKeys: String, CodingKey {
        case bbox, score
        case imageID = "image_id"
        case categoryID = "category_id"
    }

    init(
        _ detection: Detection, _ convention: DetectorInfo.BoxConvention, imageID: RecordID,
        categoryID: RecordID
    ) {
        self.imageID = imageID
        self.categoryID = categoryID
        bbox = convention.coco(detection.box)
        score = detection.score
    }
}
