package import IoURuntime

extension GroundTruth {
    /// Reads what is at a path: a folder of VOC's XML files, or a file in COCO's format.
    package init(
        path: FilePath, vocBoxes: VOCBoxes = .edges, honoursIgnore: Bool = false
    ) throws(IoUError) {
        if path.status?.kind == .folder {
            try self.init(voc: path, boxes: vocBoxes)
        } else {
            try self.init(coco: path, honoursIgnore: honoursIgnore)
        }
    }
}
