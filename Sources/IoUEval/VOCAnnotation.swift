internal import IoURuntime

/// One XML file in the form of the PASCAL VOC challenges: a picture and its objects.
struct VOCAnnotation {
    let path: FilePath
    let fileName: String
    let size: GroundTruth.Picture.Size?
    let objects: [Object]

    struct Object {
        let name: String
        let box: BoundingBox
        let isDifficult: Bool
    }

    /// - Throws: `badData` with the object that is not VOC's.
    init(_ path: FilePath, boxes: VOCBoxes) throws(IoUError) {
        let root = try XMLElement.read(path)
        guard root.name == "annotation" else {
            throw IoUError(
                .badData,
                "'\(path)': wanted <annotation>, as VOC's files have, found <\(root.name)>")
        }
        guard let fileName = root["filename"]?.value, !fileName.isEmpty else {
            throw IoUError(.badData, "'\(path)': wanted the picture's <filename>, found none")
        }
        self.path = path
        self.fileName = fileName
        size = try VOCAnnotation.size(of: root, path)
        var objects: [Object] = []
        for (index, element) in root.children.filter({ $0.name == "object" }).enumerated() {
            let place = VOCAnnotation.place(path, index)
            let object = try Object(element, boxes: boxes, place)
            if let size, !size.holds(object.box) {
                throw IoUError(
                    .badData,
                    "\(place) (\(object.name)): wanted a box in its picture, \(size), found "
                        + "\(object.box)")
            }
            objects.append(object)
        }
        self.objects = objects
    }

    /// For errors: the file, and the object counted from 1.
    static func place(_ path: FilePath, _ index: Int) -> String {
        "'\(path)': object \(index + 1)"
    }

    /// Files without a size, or with zeros for it, are common.
    private static func size(
        of root: XMLElement, _ path: FilePath
    ) throws(IoUError) -> GroundTruth.Picture.Size? {
        guard let size = root["size"] else { return nil }
        guard let width = Int(size["width"]?.value ?? ""), width >= 0,
            let height = Int(size["height"]?.value ?? ""), height >= 0
        else {
            throw IoUError(
                .badData, "'\(path)': wanted whole <width> and <height> in <size>, found others")
        }
        return width > 0 && height > 0 ? .init(width: width, height: height) : nil
    }
}

extension VOCAnnotation.Object {
    fileprivate init(
        _ element: XMLElement, boxes: VOCBoxes, _ place: String
    ) throws(IoUError) {
        guard let name = element["name"]?.value, !name.isEmpty else {
            throw IoUError(.badData, "\(place): wanted a <name>, found none")
        }
        self.name = name
        var corners: [Double] = []
        for key in ["xmin", "ymin", "xmax", "ymax"] {
            let text = element["bndbox"]?[key]?.value
            guard let text, let value = Double(text), value.isFinite else {
                throw IoUError(
                    .badData,
                    "\(place) (\(name)): wanted a number <\(key)> in <bndbox>, found "
                        + (text.map { "'\($0)'" } ?? "none"))
            }
            corners.append(value)
        }
        box = boxes.box(corners)
        if let fault = box.fault { throw IoUError(.badData, "\(place) (\(name)): \(fault)") }
        isDifficult = try element.flag("difficult", place)
    }
}

extension XMLElement {
    /// A child that is 0 or 1, and 0 where there is none.
    fileprivate func flag(_ name: String, _ place: String) throws(IoUError) -> Bool {
        switch self[name]?.value {
        case nil, "", "0": return false
        case "1": return true
        case .some(let other):
            throw IoUError(.badData, "\(place): wanted 0 or 1 in <\(name)>, found '\(other)'")
        }
    }
}
