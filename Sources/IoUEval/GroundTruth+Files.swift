package import IoURuntime

extension GroundTruth {
    /// The files of ``pictures``, in their order, all of them there.
    ///
    /// A picture is looked for under its file name in `folder`, folders of the name included, then
    /// without them. VOC's are found by their XML file's own name where that leads to none. YOLO's
    /// are known, and no folder is needed.
    ///
    /// - Throws: `inputOutput` with the first file that is missing; `badData` with the first that two
    ///   pictures share.
    package func files(in folder: FilePath?) throws(IoUError) -> [FilePath] {
        let isKnown = pictures.allSatisfy { $0.file != nil }
        guard isKnown || folder != nil else {
            throw IoUError(
                .invalidArgument, "--images: expected the folder of the pictures, found none")
        }
        let search = try PictureSearch(for: isKnown ? [] : pictures, in: folder ?? source)
        var files: [FilePath] = []
        var seen: Set<FilePath.Status.Identity> = []
        for picture in pictures {
            let place = "'\(source)': \(picture.record)"
            guard picture.fileName != nil || picture.xmlName != nil else {
                throw IoUError(.badData, "\(place): expected a file name, found none")
            }
            let found = picture.file.map { [$0] } ?? search.files(of: picture)
            guard let file = found.first else {
                throw IoUError(
                    .inputOutput, "\(place): expected \(search.expected(for: picture)), found none")
            }
            guard found.count == 1 else {
                throw IoUError(
                    .badData,
                    "\(place): expected one picture, found '\(found[0])' and '\(found[1])'")
            }
            if let status = file.status, !seen.insert(status.identity).inserted {
                throw IoUError(
                    .badData, "\(place): expected a file of its own, found '\(file)' again")
            }
            files.append(file)
        }
        return files
    }
}
