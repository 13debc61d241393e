package import IoURuntime

/// The numbers that an annotations file in COCO's format gives to pictures and categories.
package struct CocoAnnotations: Sendable {
    package let path: FilePath
    private let images: [String: Int]
    private let categories: [String: Int]

    /// - Throws: `badData` where the file has no images and categories with names.
    package init(_ path: FilePath) throws(IoUError) {
        let file = try CocoFile(path, lists: ["images", "categories"])
        self.path = path
        images = Dictionary(
            file.images.compactMap { image in
                image.fileName.map { (FilePath($0).lastComponent.description, image.id) }
            }, uniquingKeysWith: { first, _ in first })
        categories = Dictionary(
            file.categories.compactMap { category in category.name.map { ($0, category.id) } },
            uniquingKeysWith: { first, _ in first })
    }

    package func imageID(of picture: FilePath) throws(IoUError) -> Int {
        guard let id = images[picture.lastComponent.description] else {
            throw IoUError(
                .badData, "picture '\(picture)': wanted a file_name of '\(path)', found none")
        }
        return id
    }

    package func categoryID(of label: String) throws(IoUError) -> Int {
        guard let id = categories[label] else {
            throw IoUError(.badData, "label '\(label)': wanted a category of '\(path)', found none")
        }
        return id
    }
}
