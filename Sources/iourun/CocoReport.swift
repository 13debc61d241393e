import IoUEval
import IoURuntime

/// A results list in COCO's format.
struct CocoReport {
    private let numbering: CocoNumbering
    private let convention: DetectorInfo.BoxConvention
    private(set) var entries: [Entry] = []

    init(_ numbering: CocoNumbering, _ convention: DetectorInfo.BoxConvention) {
        self.numbering = numbering
        self.convention = convention
    }

    struct Entry: Encodable {
        let imageID: RecordID
        let categoryID: RecordID
        let bbox: [Float]
        let score: Float

        enum CodingKeys: String, CodingKey {
            case bbox, score
            case imageID = "image_id"
            case categoryID = "category_id"
        }
    }

    /// A picture's detections, numbered.
    ///
    /// - Parameter position: Of the picture among all that were asked for, from 0.
    func entries(for result: PictureResult, position: Int) throws(IoUError) -> [Entry] {
        let image = try numbering.imageID(of: result.picture, position: position)
        var added: [Entry] = []
        for detection in result.detections {
            let category = try numbering.categoryID(of: detection, in: result.picture)
            added.append(Entry(detection, convention, imageID: image, categoryID: category))
        }
        return added
    }

    mutating func append(_ added: [Entry]) {
        entries += added
    }
}

extension CocoReport.Entry {
    init(
        _ detection: Detection, _ convention: DetectorInfo.BoxConvention, imageID: RecordID,
        categoryID: RecordID
    ) {
        self.init(
            imageID: imageID, categoryID: categoryID, bbox: convention.coco(detection.box),
            score: detection.score)
    }
}
