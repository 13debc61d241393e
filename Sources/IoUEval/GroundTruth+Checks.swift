internal import IoURuntime

extension GroundTruth {
    /// What is odd about objects that are read.
    static func remarks(
        on objects: [Object], in pictures: [Picture], of categories: [Category], source: FilePath
    ) -> [String] {
        var counts = [Int](repeating: 0, count: categories.count)
        var flat: [String] = []
        for object in objects {
            counts[object.category] += 1
            guard object.box.area == 0 else { continue }
            let name = categories[object.category].name
            flat.append("'\(name)' in \(pictures[object.picture].named)")
        }
        var remarks: [String] = []
        let empty = categories.indices.filter { counts[$0] == 0 }.map { "'\(categories[$0].name)'" }
        if !empty.isEmpty {
            remarks.append("'\(source)': no box has a category of \(listed(empty))")
        }
        if !flat.isEmpty {
            remarks.append(
                "'\(source)': no detection can find boxes without area: \(listed(flat))")
        }
        return remarks
    }

    /// The first few.
    static func listed(_ names: [String]) -> String {
        let shown = names.prefix(8).joined(separator: ", ")
        return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
    }
}

extension GroundTruth.Picture {
    /// For errors about its file: VOC's XML file, or else its number.
    var record: String { xmlName.map { "'\($0).xml'" } ?? "picture \(id)" }

    /// For errors: the same, or rather the file name that COCO's format has.
    var named: String { xmlName == nil ? fileName.map { "'\($0)'" } ?? record : record }
}

extension GroundTruth.Picture.Size: CustomStringConvertible {
    /// Whether a box lies in the picture, one pixel more or less: rounded coordinates leave it.
    func holds(_ box: BoundingBox) -> Bool {
        box.x >= -1 && box.y >= -1 && box.x + box.width <= Double(width) + 1
            && box.y + box.height <= Double(height) + 1
    }

    package var description: String { "\(width)x\(height)" }
}
