package import IoURuntime

/// One detection, as an evaluation sees it.
package struct FoundObject: Hashable, Sendable {
    /// An index into ``GroundTruth/pictures``.
    package let picture: Int

    /// An index into ``GroundTruth/categories``.
    package let category: Int

    package let box: BoundingBox

    /// Finite; the greater, the surer.
    package let score: Double

    package init(picture: Int, category: Int, box: BoundingBox, score: Double) {
        self.picture = picture
        self.category = category
        self.box = box
        self.score = score
    }
}

extension FoundObject {
    /// Reads a results list in COCO's format: objects with image_id, category_id, bbox and score.
    ///
    /// - Parameter truth: Whose pictures and categories the list has the numbers of.
    /// - Throws: `badData` with the first record that is wrong.
    package static func read(
        coco path: FilePath, for truth: GroundTruth
    ) throws(IoUError) -> [FoundObject] {
        let pictures = truth.pictures.map(\.id).indicesByValue
        let categories = truth.categories.map(\.id).indicesByValue
        var reader = try JSONReader(path)
        var found: [FoundObject] = []
        try reader.beginArray("results in COCO's format")
        reader.record = ("results", 0)
        while try reader.nextElement() {
            let record = try CocoResult(&reader)
            guard let picture = pictures[record.image] else {
                throw reader.fault(
                    "wanted an 'image_id' of '\(truth.source)', found \(record.image)")
            }
            guard let category = categories[record.category] else {
                throw reader.fault(
                    "wanted a 'category_id' of '\(truth.source)', found \(record.category)")
            }
            found.append(
                FoundObject(
                    picture: picture, category: category, box: record.box, score: record.score))
            reader.record.index += 1
        }
        reader.record.list = nil
        try reader.finish()
        return found
    }
}

/// One record of a results list.
private struct CocoResult {
    let image: Int
    let category: Int
    let box: BoundingBox
    let score: Double

    init(_ reader: inout JSONReader) throws(IoUError) {
        var image: Int?
        var category: Int?
        var box: BoundingBox?
        var score: Double?
        try reader.beginObject("")
        while let key = try reader.nextKey() {
            switch key {
            case "image_id": image = try reader.integer("'image_id'")
            case "category_id": category = try reader.integer("'category_id'")
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
