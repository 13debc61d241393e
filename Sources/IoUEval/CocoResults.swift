package import IoURuntime

/// A results list in COCO's format: objects with image_id, category_id, bbox and score.
package struct CocoResults: Sendable {
    package private(set) var found: [FoundObject] = []

    /// What was left out, in one line.
    package private(set) var remarks: [String] = []

    /// Results of pictures and categories that the annotations lack are left out, as pycocotools
    /// leaves them out.
    ///
    /// - Parameter truth: Whose pictures and categories the list has the numbers of.
    /// - Throws: `badData` with the first record that is wrong.
    package init(_ path: FilePath, for truth: GroundTruth) throws(IoUError) {
        let pictures = RecordIndex(truth.pictures.map(\.id))
        let categories = RecordIndex(truth.categories.map(\.id))
        var strangers = (pictures: Strangers("image_id"), categories: Strangers("category_id"))
        var reader = try JSONReader(path)
        try reader.beginArray("results in COCO's format")
        reader.record = ("results", 0)
        while try reader.nextElement() {
            let record = try CocoResult(&reader)
            let index = reader.record.index
            reader.record.index += 1
            guard let picture = pictures[record.image] else {
                strangers.pictures.append(record.image, index)
                continue
            }
            guard let category = categories[record.category] else {
                strangers.categories.append(record.category, index)
                continue
            }
            found.append(
                FoundObject(
                    picture: picture, category: category, box: record.box, score: record.score))
        }
        let count = reader.record.index
        reader.record.list = nil
        try reader.finish()
        let lines = [strangers.pictures.text, strangers.categories.text].compactMap(\.self)
        guard !lines.isEmpty else { return }
        remarks.append(
            "'\(path)': left out \(count - found.count) of \(count) results, whose pictures or "
                + "categories '\(truth.source)' does not have: " + lines.joined(separator: ", "))
    }
}

/// Results with a number that the annotations lack.
private struct Strangers {
    private let key: String
    private var count = 0
    private var first: (id: RecordID, index: Int)?

    init(_ key: String) {
        self.key = key
    }

    mutating func append(_ id: RecordID, _ index: Int) {
        count += 1
        first = first ?? (id, index)
    }

    var text: String? {
        first.map { "\(count) by their \(key) (the first: \($0.id) in results[\($0.index)])" }
    }
}

/// One record of a results list.
private struct CocoResult {
    let image: RecordID
    let category: RecordID
    let box: BoundingBox
    let score: Double

    init(_ reader: inout JSONReader) throws(IoUError) {
        var image: RecordID?
        var category: RecordID?
        var box: BoundingBox?
        var score: Double?
        try reader.beginObject("")
        while let key = try reader.nextKey() {
            if reader.skipNull() { continue }
            switch key {
            case "image_id": image = try reader.id("'image_id'")
            case "category_id": category = try reader.id("'category_id'")
            case "bbox": box = try reader.box()
            case "score": score = try reader.number("'score'")
            default: try reader.skipValue()
            }
        }
        self.image = try reader.required(image, "image_id")
        self.category = try reader.required(category, "category_id")
        self.box = try reader.required(box, "bbox")
        self.score = try reader.required(score, "score")
    }
}
