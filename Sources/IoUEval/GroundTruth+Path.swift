package import IoURuntime

extension GroundTruth {
    /// How annotations are read, whatever their form.
    package struct Options: Sendable {
        package var vocBoxes = VOCBoxes.edges
        package var honoursIgnore = false
        package var split = YOLOSplit.val
        /// The pictures' folder, which a YOLO data set may tell itself.
        package var images: FilePath?

        package init() {}
    }

    /// Reads what is at a path: a folder of VOC's XML files, a YOLO data set's `data.yaml` or the
    /// folder that it is in, or a file in COCO's format.
    ///
    /// - Parameter watch: Told of how many pictures how many are read.
    package init(
        path: FilePath, options: Options = Options(),
        watch: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws(IoUError) {
        if let file = path.yoloFile {
            try self.init(yolo: file, split: options.split, pictures: options.images, watch: watch)
        } else if path.status?.kind == .folder {
            try self.init(voc: path, boxes: options.vocBoxes)
        } else {
            try self.init(coco: path, honoursIgnore: options.honoursIgnore)
        }
    }
}

extension FilePath {
    /// The `data.yaml` that the path is, or that is in the folder.
    package var yoloFile: FilePath? {
        if ["yaml", "yml"].contains(fileExtension), status?.kind != .folder { return self }
        let file = appending("data.yaml")
        return status?.kind == .folder && file.status?.kind == .file ? file : nil
    }
}
