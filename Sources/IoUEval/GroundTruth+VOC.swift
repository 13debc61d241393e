package import IoURuntime

extension GroundTruth {
    /// Reads a folder of XML files in the form of the PASCAL VOC challenges.
    ///
    /// Pictures are numbered from 1 by the names of their XML files, categories from 1 by their own
    /// names, both in the order of their bytes. Difficult objects are ignored. The parts of an
    /// object, and objects whose box has no area, are left out.
    ///
    /// - Throws: `badData` with the first file and object that is wrong; `inputOutput`.
    package init(voc folder: FilePath, boxes: VOCBoxes = .edges) throws(IoUError) {
        var files: [VOCAnnotation] = []
        for name in try folder.visibleNames() where name.fileExtension == "xml" {
            files.append(try VOCAnnotation(folder.appending(name), boxes: boxes))
        }
        guard !files.isEmpty else {
            throw IoUError(
                .badData, "folder '\(folder)': expected .xml files of VOC's form, found none")
        }
        let names = Set(files.flatMap { $0.objects.map(\.name) })
            .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let categories = names.enumerated().map { Category(id: .number($0 + 1), name: $1) }
        let pictures = files.enumerated().map { index, file in
            Picture(
                id: .number(index + 1), fileName: file.fileName, xmlName: file.path.stem,
                size: file.size)
        }
        let objects = GroundTruth.objects(of: files, names)
        self.init(
            source: folder, pictures: pictures, categories: categories, objects: objects,
            remarks: GroundTruth.remarks(on: files, pictures, in: folder)
                + GroundTruth.remarks(on: objects, in: pictures, of: categories, source: folder),
            otherFiles: files.map(\.path))
    }

    /// What was mended or left out.
    private static func remarks(
        on files: [VOCAnnotation], _ pictures: [Picture], in folder: FilePath
    ) -> [String] {
        func places(_ isMeant: (VOCAnnotation.Object) -> Bool) -> [String] {
            files.flatMap { file in
                file.objects.filter(isMeant).map { "'\($0.name)' in '\(file.path.lastComponent)'" }
            }
        }
        var remarks: [String] = []
        let swapped = places(\.wasSwapped)
        if !swapped.isEmpty {
            remarks.append(
                "'\(folder)': put swapped corners of boxes in order (\(swapped.count)): "
                    + listed(swapped))
        }
        let flat = places { $0.box.area == 0 }
        if !flat.isEmpty {
            remarks.append(
                "'\(folder)': left out boxes without area (\(flat.count)): \(listed(flat))")
        }
        let shared = pictures.sharedFileNames.sorted().map { "'\($0)'" }
        if !shared.isEmpty {
            remarks.append(
                "'\(folder)': several files have one <filename>, so that the names of the files "
                    + "themselves count: \(listed(shared))")
        }
        return remarks
    }

    private static func objects(of files: [VOCAnnotation], _ names: [String]) -> [Object] {
        let categories = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
        var objects: [Object] = []
        for (picture, file) in files.enumerated() {
            for object in file.objects where object.box.area > 0 {
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
