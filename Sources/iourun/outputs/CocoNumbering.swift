import IoURuntime
import IoUEval

/// Which numbers pictures and classes have in a COCO results list.
enum CocoNumbering {
    /// Those of one annotations file.
    case file(CocoAnnotations)
    /// Those of the annotations file beside each picture's folder.
    case folders([FilePath: CocoAnnotations])
    /// Pictures count from 1; categories are the model's own.
    case running(categories: [Int])

    static let help = """
        image_id and category_id are those that --annotations FILE, or else an annotations.json \
        beside the folder of the picture, gives to its file name and to the label. Without such a \
        file, pictures are numbered from 1 in the order of the command line, and category_id is \
        the model's iou.labels.ids, or the class index + 1.
        """

    init(
        annotations: FilePath?, pictures: [FilePath], info: DetectorInfo
    ) throws(IoUError) {
        if let annotations {
            self = .file(try CocoAnnotations(annotations))
            return
        }
        var found: [FilePath: CocoAnnotations] = [:]
        for (folder, path) in CocoNumbering.files(beside: pictures) {
            found[folder] = try CocoAnnotations(path)
        }
        self = found.isEmpty ? .running(categories: info.categoryIDs) : .folders(found)
    }

    /// The annotations file beside each picture's folder, where there is one.
    static func files(beside pictures: [FilePath]) -> [FilePath: FilePath] {
        var found: [FilePath: FilePath] = [:]
        for folder in Set(pictures.map(\.parent)) {
            let path = folder.appending("..").appending("annotations.json")
            if path.status?.kind == .file { found[folder] = path }
        }
        return found
    }

    func imageID(of picture: FilePath, position: Int) throws(IoUError) -> RecordID {
        guard let annotations = try annotations(for: picture) else { return .number(position + 1) }
        return try annotations.imageID(of: picture)
    }

    func categoryID(of detection: Detection, in picture: FilePath) throws(IoUError) -> RecordID {
        if let annotations = try annotations(for: picture) {
            return try annotations.categoryID(of: detection.label)
        }
        guard case .running(let categories) = self else {
            preconditionFailure("annotations were looked for")
        }
        return .number(categories[detection.classIndex])
    }

    /// Running numbers would clash with those of a file, so they are never mixed.
    private func annotations(for picture: FilePath) throws(IoUError) -> CocoAnnotations? {
        switch self {
        case .file(let annotations): return annotations
        case .running: return nil
        case .folders(let found):
            guard let annotations = found[picture.parent] else {
                throw IoUError(
                    .badData,
                    "picture '\(picture)': expected an annotations.json beside its folder, as other "
                        + "pictures have, found none")
            }
            return annotations
        }
    }
}
