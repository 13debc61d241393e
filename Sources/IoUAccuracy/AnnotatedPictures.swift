import IoUConsole
package import IoUEval
package import IoURuntime

/// The pictures of a ground truth, all of them there.
package struct AnnotatedPictures: Sendable {
    package let truth: GroundTruth
    /// In the order of the ground truth's pictures.
    package let files: [FilePath]

    /// - Throws: What `GroundTruth.files(in:)` throws.
    package init(_ truth: GroundTruth, in folder: FilePath?) throws(IoUError) {
        self.truth = truth
        files = try truth.files(in: folder)
    }

    /// Reads every picture, and refuses one of another size than the ground truth says: boxes mean
    /// nothing there. The sizes of a YOLO data set are those of the pictures, which were read.
    package func check() throws(IoUError) {
        guard !truth.pictures.allSatisfy({ $0.file != nil }) else { return }
        try forEach("checking") { (position, image) throws(IoUError) in
            guard let size = truth.pictures[position].size,
                (image.width, image.height) != (size.width, size.height)
            else { return }
            throw IoUError(
                .badData,
                "'\(files[position])': expected \(size.width)x\(size.height) pixels as "
                    + "'\(truth.source)' says, found \(image.width)x\(image.height)")
        }
    }

    /// Hands picture after picture to `body`, and tells how far it is.
    package func forEach(
        _ work: String, _ body: (Int, Image) throws(IoUError) -> Void
    ) throws(IoUError) {
        var progress = Progress(total: files.count, work: work)
        defer { progress.clear() }
        for (position, file) in files.enumerated() {
            progress.update(done: position)
            try body(position, Image(path: file))
        }
    }
}
