package import IoURuntime

/// What is to be found in a set of pictures, checked: from COCO's annotations or VOC's XML files.
package struct GroundTruth: Sendable {
    /// Where it was read.
    package let source: FilePath

    /// By rising ``Picture/id``.
    package let pictures: [Picture]

    /// By rising ``Category/id``.
    package let categories: [Category]

    /// In the order of the file.
    package let objects: [Object]

    /// What is odd, yet leaves an evaluation its meaning: a line each.
    package let remarks: [String]

    package struct Picture: Hashable, Sendable {
        package let id: Int

        /// As the file has it, perhaps with folders; `nil` where it has none.
        package let fileName: String?

        /// Columns and rows of pixels; `nil` where the file has none.
        package let size: Size?

        package struct Size: Hashable, Sendable {
            package let width: Int
            package let height: Int
        }
    }

    package struct Category: Hashable, Sendable {
        package let id: Int
        package let name: String
    }

    package struct Object: Hashable, Sendable {
        /// An index into ``GroundTruth/pictures``.
        package let picture: Int

        /// An index into ``GroundTruth/categories``.
        package let category: Int

        package let box: BoundingBox

        /// In square pixels: of the segmentation in COCO's files, so not that of the box.
        package let area: Double

        /// A box around many objects, which any number of detections may lie in.
        package let isCrowd: Bool

        /// Neither to be found nor wrong to find: VOC's "difficult", or "ignore" in COCO's format.
        package let isIgnored: Bool

        /// COCO's number of the annotation, from 0; VOC's objects are counted from 1.
        package let id: Int

        /// A crowd or an ignored object is not.
        package var isToBeFound: Bool { !isCrowd && !isIgnored }
    }
}

extension GroundTruth {
    /// The categories' indices by their names.
    ///
    /// - Throws: `badData` where two categories have one name.
    package func categoryIndices() throws(IoUError) -> [String: Int] {
        var indices: [String: Int] = [:]
        for (index, category) in categories.enumerated() {
            guard indices.updateValue(index, forKey: category.name) == nil else {
                throw IoUError(
                    .badData,
                    "'\(source)': wanted categories of different names, found '\(category.name)' "
                        + "twice")
            }
        }
        return indices
    }

    /// The files of ``pictures``, in their order, all of them there.
    ///
    /// A picture is looked for under its file name in `folder`, folders of the name included, then
    /// without them.
    ///
    /// - Throws: `inputOutput` with the first file that is missing; `badData` with the first that two
    ///   pictures share.
    package func files(in folder: FilePath) throws(IoUError) -> [FilePath] {
        var files: [FilePath] = []
        var seen: Set<FilePath.Status.Identity> = []
        for picture in pictures {
            guard let name = picture.fileName else {
                throw IoUError(
                    .badData,
                    "'\(source)': picture \(picture.id): wanted a file name, found none")
            }
            let path = folder.appending(name)
            let bare = folder.appending(FilePath(name).lastComponent)
            guard let file = [path, bare].first(where: { $0.status?.kind == .file }) else {
                throw IoUError(
                    .inputOutput,
                    "'\(source)': picture \(picture.id): wanted a file '\(path)', found none")
            }
            if let status = file.status, !seen.insert(status.identity).inserted {
                throw IoUError(
                    .badData,
                    "'\(source)': picture \(picture.id): wanted a file of its own, found '\(file)' "
                        + "again")
            }
            files.append(file)
        }
        return files
    }
}
