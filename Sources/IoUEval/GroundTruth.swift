package import IoURuntime

/// What is to be found in a set of pictures, checked: from COCO's annotations, VOC's XML files or
/// a YOLO data set.
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

    /// What was read beside ``source``: files of labels, lists, XML files.
    package var otherFiles: [FilePath] = []

    package struct Picture: Hashable, Sendable {
        package let id: RecordID

        /// As the file has it, perhaps with folders; `nil` where it has none.
        package let fileName: String?

        /// What VOC's XML file is called, without its ending; `nil` in COCO's format.
        package var xmlName: FilePath?

        /// Where the picture is, of YOLO's data sets; `nil` where it must be looked for.
        package var file: FilePath?

        /// Columns and rows of pixels; `nil` where the file has none.
        package let size: Size?

        package struct Size: Hashable, Sendable {
            package let width: Int
            package let height: Int
        }
    }

    package struct Category: Hashable, Sendable {
        package let id: RecordID
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

        /// COCO's number of the annotation; where it has none, as in VOC's files, counted from 1.
        package let id: Int

        /// A crowd or an ignored object is not.
        package var isToBeFound: Bool { !isCrowd && !isIgnored }
    }
}

extension GroundTruth {
    /// The categories' indices by their names. Of two with one name, that counts which has objects:
    /// exporters add a root, which may be called like a class.
    ///
    /// - Throws: `badData` where two categories of one name have objects.
    package func categoryIndices() throws(IoUError) -> [String: Int] {
        let used = Set(objects.map(\.category))
        var indices: [String: Int] = [:]
        for (index, category) in categories.enumerated() {
            let other = indices[category.name]
            if let other, used.contains(other), used.contains(index) {
                throw IoUError(
                    .badData,
                    "'\(source)': expected categories of different names, found '\(category.name)' "
                        + "twice")
            }
            if other == nil || used.contains(index) { indices[category.name] = index }
        }
        return indices
    }
}
