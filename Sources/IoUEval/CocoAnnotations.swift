package import IoURuntime

/// The numbers that an annotations file in COCO's format gives to pictures and categories.
package struct CocoAnnotations: Sendable {
    package let path: FilePath
    private let images: [String: RecordID]
    private let categories: [String: RecordID]

    /// - Throws: `badData` where the file has no images and categories with names.
    package init(_ path: FilePath) throws(IoUError) {
        let file = try CocoFile(path, lists: ["images", "categories"])
        self.path = path
        images = Dictionary(
            file.images.compactMap { image in
                image.fileName.map { (FilePath($0).lastComponent.description, image.id) }
            }, uniquingKeysWith: { first, _ in first })
        categories = Dictionary(
            try CocoAnnotations.named(file).compactMap { category in
                category.name.map { ($0, category.id) }
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Of two categories with one name those that have objects come first: exporters add a root,
    /// which may be called like a class.
    private static func named(_ file: CocoFile) throws(IoUError) -> [CocoFile.Category] {
        let names = file.categories.compactMap(\.name)
        guard Set(names).count < names.count else { return file.categories }
        let annotations = try CocoFile(file.path, lists: ["annotations"]).annotations
        let used = RecordIndex(annotations.map(\.category))
        return file.categories.filter { used[$0.id] != nil }
            + file.categories.filter { used[$0.id] == nil }
    }

    package func imageID(of picture: FilePath) throws(IoUError) -> RecordID {
        guard let id = images[picture.lastComponent.description] else {
            throw IoUError(
                .badData, "picture '\(picture)': expected a file_name of '\(path)', found none")
        }
        return id
    }

    package func categoryID(of label: String) throws(IoUError) -> RecordID {
        guard let id = categories[label] else {
            throw IoUError(
                .badData, "label '\(label)': expected a category of '\(path)', found none")
        }
        return id
    }
}
