import IoURuntime

/// What happens to each picture apart from the others: on any thread, with a detector of its own.
struct PictureLook: Sendable {
    let pictures: [FilePath]
    let options: DetectOptions
    let filter: ClassFilter?
    let sinks: [any DetectionSink]

    /// Detects and prepares; a picture that fails in any of these is in no output.
    func look(
        at position: Int, with detector: inout Detector
    ) -> Result<DetectedPicture, IoUError> {
        Result { () throws(IoUError) in
            let path = pictures[position]
            let image = try path.isStandardInput ? Image.fromStandardInput() : Image(path: path)
            let picture = DetectedPicture(
                path: path, position: position, image: image,
                detections: try detector.detect(in: image, options: options, keeping: filter))
            for sink in sinks { try sink.prepare(picture) }
            return picture
        }
    }
}
