internal import IoURuntime

/// A file in COCO's format (cocodataset.org/#format-data), its values read but not yet compared
/// with each other.
struct CocoFile {
    let path: FilePath
    private(set) var images: [Image] = []
    private(set) var categories: [Category] = []
    private(set) var annotations: [Annotation] = []

    struct Image {
        let id: RecordID
        let fileName: String?
        let width: Int?
        let height: Int?
    }

    struct Category {
        let id: RecordID
        let name: String?
    }

    struct Annotation {
        let id: RecordID?
        let image: RecordID
        let category: RecordID
        let box: BoundingBox
        let area: Double?
        let isCrowd: Bool
        let isIgnored: Bool
    }

    /// - Parameter lists: Those of "images", "categories" and "annotations" that are read, and must
    ///   be there.
    /// - Throws: `badData` with the record that is not COCO's.
    init(_ path: FilePath, lists: Set<String>) throws(IoUError) {
        self.path = path
        var reader = try JSONReader(path)
        try reader.beginObject("annotations in COCO's format")
        var missing = lists
        while let key = try reader.nextKey() {
            guard lists.contains(key) else {
                try reader.skipValue()
                continue
            }
            guard missing.remove(key) != nil else {
                throw reader.fault("expected one list '\(key)', found another")
            }
            try read(key, from: &reader)
        }
        try reader.finish()
        guard let absent = missing.sorted().first else { return }
        throw reader.fault("expected annotations in COCO's format, found no list '\(absent)'")
    }

    private mutating func read(_ list: String, from reader: inout JSONReader) throws(IoUError) {
        try reader.beginArray("'\(list)' of COCO's format")
        reader.record = (list, 0)
        while try reader.nextElement() {
            try reader.beginObject("")
            switch list {
            case "images": images.append(try Image(&reader))
            case "categories": categories.append(try Category(&reader))
            default: annotations.append(try Annotation(&reader))
            }
            reader.record.index += 1
        }
        reader.record = (nil, 0)
    }
}

extension CocoFile.Image {
    fileprivate init(_ reader: inout JSONReader) throws(IoUError) {
        var id: RecordID?
        var fileName: String?
        var width: Int?
        var height: Int?
        while let key = try reader.nextKey() {
            if reader.skipNull() { continue }
            switch key {
            case "id": id = try reader.id("'id'")
            case "file_name": fileName = try reader.string("'file_name'")
            case "width": width = try reader.integer("'width'")
            case "height": height = try reader.integer("'height'")
            default: try reader.skipValue()
            }
        }
        self.init(
            id: try reader.required(id, "id"), fileName: fileName, width: width, height: height)
    }
}

extension CocoFile.Category {
    fileprivate init(_ reader: inout JSONReader) throws(IoUError) {
        var id: RecordID?
        var name: String?
        while let key = try reader.nextKey() {
            if reader.skipNull() { continue }
            switch key {
            case "id": id = try reader.id("'id'")
            case "name": name = try reader.string("'name'")
            default: try reader.skipValue()
            }
        }
        self.init(id: try reader.required(id, "id"), name: name)
    }
}

extension CocoFile.Annotation {
    fileprivate init(_ reader: inout JSONReader) throws(IoUError) {
        var id: RecordID?
        var image: RecordID?
        var category: RecordID?
        var box: BoundingBox?
        var area: Double?
        var isCrowd = false
        var isIgnored = false
        while let key = try reader.nextKey() {
            if reader.skipNull() { continue }
            switch key {
            case "id": id = try reader.id("'id'")
            case "image_id": image = try reader.id("'image_id'")
            case "category_id": category = try reader.id("'category_id'")
            case "bbox": box = try reader.box()
            case "area": area = try reader.number("'area'")
            case "iscrowd": isCrowd = try reader.flag("'iscrowd'")
            case "ignore": isIgnored = try reader.flag("'ignore'")
            default: try reader.skipValue()
            }
        }
        self.init(
            id: id, image: try reader.required(image, "image_id"),
            category: try reader.required(category, "category_id"),
            box: try reader.required(box, "bbox"), area: area, isCrowd: isCrowd,
            isIgnored: isIgnored)
    }
}

extension JSONReader {
    /// What a record must have.
    func required<Value>(_ value: Value?, _ key: String) throws(IoUError) -> Value {
        guard let value else { throw fault("expected '\(key)', found none") }
        return value
    }

    /// COCO's "bbox": x, y, width, height.
    mutating func box() throws(IoUError) -> BoundingBox {
        try beginArray("'bbox'")
        let box = BoundingBox(x: try side(), y: try side(), width: try side(), height: try side())
        guard try !nextElement() else { throw fault("expected 4 numbers in 'bbox', found more") }
        if let reason = box.fault { throw fault(reason) }
        return box
    }

    private mutating func side() throws(IoUError) -> Double {
        guard try nextElement() else { throw fault("expected 4 numbers in 'bbox', found fewer") }
        return try number("'bbox'")
    }
}
