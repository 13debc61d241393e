internal import IoURuntime

/// One XML file in the form of the PASCAL VOC challenges: a picture and its objects.
struct VOCAnnotation {
    let path: FilePath

    /// As the file has it, true or not; `nil` where it has none.
    let fileName: String?

    let size: GroundTruth.Picture.Size?
    let objects: [Object]

    struct Object {
        let name: String
        let box: BoundingBox
        let isDifficult: Bool

        /// Whether xmax was less than xmin, or ymax than ymin, before they were put in order.
        let wasSwapped: Bool
    }

    /// - Throws: `badData` with the object that is not VOC's.
    init(_ path: FilePath, boxes: VOCBoxes) throws(IoUError) {
        let root = try XMLElement.read(path)
        guard root.name == "annotation" else {
            throw IoUError(
                .badData,
                "'\(path)': expected <annotation>, as VOC's files have, found <\(root.name)>")
        }
        self.path = path
        fileName = root["filename"]?.value.nonEmpty
        size = try VOCAnnotation.size(of: root, path)
        var objects: [Object] = []
        for (index, element) in root.children.filter({ $0.name == "object" }).enumerated() {
            let place = VOCAnnotation.place(path, index)
            let object = try Object(element, boxes: boxes, place)
            if let size, !size.holds(object.box) {
                throw IoUError(
                    .badData,
                    "\(place) (\(object.name)): expected a box in its picture, \(size), found "
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
        guard let width = size["width"]?.wholeNumber, width >= 0,
            let height = size["height"]?.wholeNumber, height >= 0
        else {
            throw IoUError(
                .badData, "'\(path)': expected whole <width> and <height> in <size>, found others")
        }
        return width > 0 && height > 0 ? .init(width: width, height: height) : nil
    }
}

extension VOCAnnotation.Object {
    fileprivate init(
        _ element: XMLElement, boxes: VOCBoxes, _ place: String
    ) throws(IoUError) {
        guard let name = element["name"]?.value.nonEmpty else {
            throw IoUError(.badData, "\(place): expected a <name>, found none")
        }
        self.name = name
        var corners: [Double] = []
        for key in ["xmin", "ymin", "xmax", "ymax"] {
            let text = element["bndbox"]?[key]?.value
            guard let text, let value = Double(text), value.isFinite else {
                throw IoUError(
                    .badData,
                    "\(place) (\(name)): expected a number <\(key)> in <bndbox>, found "
                        + (text.map { "'\($0)'" } ?? "none"))
            }
            corners.append(value)
        }
        let ordered = [
            min(corners[0], corners[2]), min(corners[1], corners[3]),
            max(corners[0], corners[2]), max(corners[1], corners[3]),
        ]
        wasSwapped = ordered != corners
        box = boxes.box(ordered)
        if let fault = box.fault { throw IoUError(.badData, "\(place) (\(name)): \(fault)") }
        isDifficult = try element.flag("difficult", place)
    }
}

extension XMLElement {
    /// A child that is 0 or 1, in numbers or words, and 0 where there is none.
    fileprivate func flag(_ name: String, _ place: String) throws(IoUError) -> Bool {
        switch self[name]?.value.lowercased() {
        case nil, "", "0", "false", "unspecified": return false
        case "1", "true": return true
        case .some(let other):
            throw IoUError(.badData, "\(place): expected 0 or 1 in <\(name)>, found '\(other)'")
        }
    }

    /// Also where it is written with zeros behind a point, as in "200.0".
    fileprivate var wholeNumber: Int? {
        let parts = value.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 1 || parts[1].allSatisfy({ $0 == "0" }) else { return nil }
        return Int(parts[0])
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
