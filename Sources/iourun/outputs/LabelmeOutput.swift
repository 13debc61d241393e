import ArgumentParser
import IoUAccuracy
import IoUConsole
import IoURuntime

/// `--labelme`
struct LabelmeOutput: DetectionFormat {
    @Option(
        help: ArgumentHelp(
            """
            Write labelme's JSON for each picture to the folder, which is made: rectangles that can be \
            corrected by hand.
            """, valueName: "folder"))
    var labelme: FilePath?

    /// A folder, which other formats may share.
    var target: (option: String, place: ResultTarget)? { nil }

    var pictureOption: String? { labelme.map { _ in "--labelme" } }

    func sink(for task: DetectionTask) throws(IoUError) -> (any DetectionSink)? {
        guard let labelme else { return nil }
        let output = try FolderOutput(labelme, ending: "json", for: task)
        return FolderSink(output) { picture, convention throws(IoUError) in
            try JSON.encode(LabelmeFile(picture, convention), for: "--labelme")
        }
    }
}

private struct LabelmeFile: Encodable {
    let version = "5.0.0"
    let flags: [String: Bool] = [:]
    let shapes: [Shape]
    let imagePath: String
    let imageData: String? = nil
    let imageHeight: Int
    let imageWidth: Int

    struct Shape: Encodable {
        let label: String
        let points: [[Float]]
        let score: Float
        let shapeType = "rectangle"
        let flags: [String: Bool] = [:]

        enum CodingKeys: String, CodingKey {
            case label, points, score, flags
            case shapeType = "shape_type"
        }
    }

    /// labelme looks for a relative path in the folder of the JSON file.
    init(_ picture: DetectedPicture, _ convention: DetectorInfo.BoxConvention) {
        shapes = picture.detections.map { found in
            let box = convention.edges(found.box)
            return Shape(
                label: found.label, points: [[box.x1, box.y1], [box.x2, box.y2]],
                score: found.score)
        }
        imagePath = picture.path.absolute.description
        imageHeight = picture.detections.height
        imageWidth = picture.detections.width
    }

    enum CodingKeys: String, CodingKey {
        case version, flags, shapes, imagePath, imageData, imageHeight, imageWidth
    }

    /// labelme wants the member of the picture's bytes, which may be null.
    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(version, forKey: .version)
        try values.encode(flags, forKey: .flags)
        try values.encode(shapes, forKey: .shapes)
        try values.encode(imagePath, forKey: .imagePath)
        try values.encode(imageData, forKey: .imageData)
        try values.encode(imageHeight, forKey: .imageHeight)
        try values.encode(imageWidth, forKey: .imageWidth)
    }
}
