import ArgumentParser
import IoUConsole
import IoURuntime

/// `--output`
struct DrawnOutput: DetectionFormat {
    @Option(
        help: ArgumentHelp(
            """
            Write pictures with boxes, class and score: a PNG, JPEG or WebP file for one picture, by \
            the name's ending, else PNG files in a folder, which is made. Of a video a video, to a \
            file ending in .mp4, .m4v, .mov, .mkv, .webm or .avi.
            """, valueName: "file-or-folder"))
    var output: FilePath?

    @Flag(help: "Draw boxes without class and score.")
    var hideLabels = false

    @Option(
        help: ArgumentHelp(
            "The width of the boxes' lines, 1 to 100 pixels (default: what suits the picture).",
            valueName: "pixels"))
    var lineWidth: Int?

    func validate() throws {
        try (1...100).check(lineWidth, of: "--line-width")
        if output == nil, hideLabels || lineWidth != nil {
            throw ValidationError(
                "\(hideLabels ? "--hide-labels" : "--line-width"): expected together with --output")
        }
    }

    var target: (option: String, place: ResultTarget)? { output.map { ("--output", .file($0)) } }

    func sink(for task: DetectionTask) throws(IoUError) -> (any DetectionSink)? {
        // The frames of a video are not a sink's: see VideoOutput.
        guard let output, !task.isVideo else { return nil }
        return DrawnSink(
            paths: try paths(output, for: task),
            style: style)
    }

    /// One path for every picture: a file for one; in a folder, which is made, for several, for the
    /// contents of a folder, or where `output` is a folder or ends with a slash.
    ///
    /// - Throws: What ``FilePath/checkWritablePicture()`` throws.
    private func paths(
        _ output: FilePath, for task: DetectionTask
    ) throws(IoUError) -> [FilePath] {
        let isFile = task.pictures.isOneFile && !output.endsWithSlash
        guard !isFile || output.status?.kind == .folder else {
            try output.checkWritablePicture()
            try task.inputs.check(output)
            return [output]
        }
        return try FolderOutput(output, ending: "png", for: task).paths
    }
}

/// Writes a picture with its boxes for each picture.
private struct DrawnSink: DetectionSink {
    let paths: [FilePath]
    let style: DrawingStyle

    func prepare(_ picture: DetectedPicture) throws(IoUError) {
        var image = picture.image
        try image.draw(picture.detections, style: style)
        try image.write(to: paths[picture.position])
    }
}
