package import IoURuntime

extension GroundTruth {
    /// Reads annotations in COCO's format.
    ///
    /// Numbers may be text, and annotations may lack them. A box may pass the edges of its picture
    /// by one pixel: rounded coordinates do. An object without "area" has that of its box.
    ///
    /// - Parameters:
    ///   - path: A JSON file with "images", "categories" and "annotations".
    ///   - honoursIgnore: Whether an annotation's "ignore" counts. For pycocotools it does not.
    /// - Throws: `badData` with the first record that is wrong.
    package init(coco path: FilePath, honoursIgnore: Bool = false) throws(IoUError) {
        let file = try CocoFile(path, lists: ["images", "categories", "annotations"])
        let pictures = try GroundTruth.pictures(of: file)
        let categories = try GroundTruth.categories(of: file)
        var objects = CocoObjects(file, pictures, categories, honoursIgnore: honoursIgnore)
        for index in file.annotations.indices { try objects.append(annotation: index) }
        self.init(
            source: path, pictures: pictures, categories: categories, objects: objects.objects,
            remarks: objects.remarks)
    }

    /// By their numbers, which differ, as their file names do.
    private static func pictures(of file: CocoFile) throws(IoUError) -> [Picture] {
        var numbers = RecordIndex()
        var names: Set<String> = []
        for (index, image) in file.images.enumerated() {
            let place = "'\(file.path)': images[\(index)]"
            guard numbers.insert(image.id, at: index) else {
                throw IoUError(
                    .badData, "\(place): expected another 'id' than before, found \(image.id) again"
                )
            }
            if let name = image.fileName, !names.insert(name).inserted {
                throw IoUError(
                    .badData,
                    "\(place): expected another 'file_name' than before, found '\(name)' again")
            }
            if let width = image.width, let height = image.height, width < 1 || height < 1 {
                throw IoUError(
                    .badData,
                    "\(place): expected a size of at least 1x1, found \(width)x\(height)")
            }
        }
        return file.images.sorted { $0.id < $1.id }.map { image in
            let size = image.width.flatMap { width in
                image.height.map { Picture.Size(width: width, height: $0) }
            }
            return Picture(id: image.id, fileName: image.fileName, size: size)
        }
    }

    /// By their numbers, which differ. A category without a name is named by its number.
    private static func categories(of file: CocoFile) throws(IoUError) -> [Category] {
        var numbers = RecordIndex()
        for (index, category) in file.categories.enumerated() {
            guard numbers.insert(category.id, at: index) else {
                throw IoUError(
                    .badData,
                    "'\(file.path)': categories[\(index)]: expected another 'id' than before, found "
                        + "\(category.id) again")
            }
        }
        return file.categories.sorted { $0.id < $1.id }
            .map { Category(id: $0.id, name: $0.name ?? $0.id.plain) }
    }
}

/// Annotations of a file, compared with its pictures and categories.
private struct CocoObjects {
    private(set) var objects: [GroundTruth.Object] = []

    private let file: CocoFile
    private let pictures: [GroundTruth.Picture]
    private let categories: [GroundTruth.Category]
    private let pictureIndices: RecordIndex
    private let categoryIndices: RecordIndex
    private let honoursIgnore: Bool
    private var numbers = RecordIndex()

    init(
        _ file: CocoFile, _ pictures: [GroundTruth.Picture], _ categories: [GroundTruth.Category],
        honoursIgnore: Bool
    ) {
        self.file = file
        self.pictures = pictures
        self.categories = categories
        self.honoursIgnore = honoursIgnore
        pictureIndices = RecordIndex(pictures.map(\.id))
        categoryIndices = RecordIndex(categories.map(\.id))
        objects.reserveCapacity(file.annotations.count)
    }

    mutating func append(annotation index: Int) throws(IoUError) {
        let annotation = file.annotations[index]
        if let id = annotation.id, !numbers.insert(id, at: index) {
            throw fault(index, "expected another 'id' than before, found \(id) again")
        }
        guard let picture = pictureIndices[annotation.image] else {
            throw fault(
                index, "expected an 'image_id' of the file's images, found \(annotation.image)")
        }
        guard let category = categoryIndices[annotation.category] else {
            throw fault(
                index,
                "expected a 'category_id' of the file's categories, found \(annotation.category)")
        }
        if let size = pictures[picture].size, !size.holds(annotation.box) {
            throw fault(
                index,
                "expected a box in its picture \(pictures[picture].named), \(size), found "
                    + "\(annotation.box)")
        }
        if let area = annotation.area, area < 0 {
            throw fault(index, "expected an 'area' of at least 0, found \(area)")
        }
        objects.append(
            GroundTruth.Object(
                picture: picture, category: category, box: annotation.box,
                area: annotation.area ?? annotation.box.area, isCrowd: annotation.isCrowd,
                isIgnored: honoursIgnore && annotation.isIgnored,
                id: annotation.id?.number ?? index + 1))
    }

    var remarks: [String] {
        let unseen =
            numbers[.number(0)] != nil
            ? [
                "'\(file.path)': an annotation has the number 0, and what finds it counts as wrong, "
                    + "as it does for pycocotools; number annotations from 1"
            ] : []
        return GroundTruth.remarks(on: objects, in: pictures, of: categories, source: file.path)
            + unseen
    }

    private func fault(_ index: Int, _ text: String) -> IoUError {
        let id = file.annotations[index].id.map { " (id \($0))" } ?? ""
        return IoUError(.badData, "'\(file.path)': annotations[\(index)]\(id): \(text)")
    }
}
