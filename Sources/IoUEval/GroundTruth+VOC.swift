package import IoURuntime

extension GroundTruth {
    /// Reads a folder of XML files in the form of the PASCAL VOC challenges.
    ///
    /// Pictures are numbered from 1 by the names of their XML files, categories from 1 by their own
    /// names, both in the order of their bytes. Difficult objects are ignored. The parts of an
    /// object are left out.
    ///
    /// - Throws: `badData` with the first file and object that is wrong; `inputOutput`.
    package init(voc folder: FilePath, boxes: VOCBoxes = .edges) throws(IoUError) {
        var files: [VOCAnnotation] = []
        for name in try folder.visibleNames() where name.fileExtension == "xml" {
            files.append(try VOCAnnotation(folder.appending(name), boxes: boxes))
        }
        guard !files.isEmpty else {
            throw IoUError(
                .badData, "folder '\(folder)': wanted .xml files of VOC's form, found none")
        }
        try GroundTruth.checkNames(of: files)
        let names = Set(files.flatMap { $0.objects.map(\.name) })
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let categories = names.enumerated().map { Category(id: $0 + 1, name: $1) }
        let pictures = files.enumerated().map { index, file in
            Picture(id: index + 1, fileName: file.fileName, size: file.size)
        }
        let objects = GroundTruth.objects(of: files, names)
        self.init(
            source: folder,
            pictures: pictures, categories: categories, objects: objects,
            remarks: GroundTruth.remarks(
                on: objects, in: pictures, of: categories, source: folder))
    }

    /// Every picture has one file.
    private static func checkNames(of files: [VOCAnnotation]) throws(IoUError) {
        var names: Set<String> = []
        for file in files where !names.insert(file.fileName).inserted {
            throw IoUError(
                .badData,
                "'\(file.path)': wanted another <filename> than before, found '\(file.fileName)' "
                    + "again")
        }
    }

    private static func objects(of files: [VOCAnnotation], _ names: [String]) -> [Object] {
        let categories = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
        var objects: [Object] = []
        for (picture, file) in files.enumerated() {
            for object in file.objects {
                guard let category = categories[object.name] else { continue }
                objects.append(
                    Object(
                        picture: picture, category: category, box: object.box,
                        area: object.box.area, isCrowd: false, isIgnored: object.isDifficult,
                        id: objects.count + 1))
            }
        }
        return objects
    }
}
