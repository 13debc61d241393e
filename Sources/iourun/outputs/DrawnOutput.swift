import ArgumentParser
import IoUConsole
import IoURuntime

/// `--output`
struct DrawnOutput: DetectionFormat {
    @Option(
        help: ArgumentHelp(
            """
            Write PNG pictures with boxes, class and score: a file for one picture, else a folder, \
            which is made.
            """, valueName: "file-or-folder"))
    var output: FilePath?

    var target: (option: String, place: ResultTarget)? { output.map { ("--output", .file($0)) } }

    func sink(for task: DetectionTask) throws(IoUError) -> (any DetectionSink)? {
        guard let output else { return nil }
        let paths = try paths(output, for: task.pictures)
        for path in paths { try task.inputs.check(path) }
        return DrawnSink(paths: paths)
    }

    /// One path for every picture: a file for one; in a folder, which is made, for several, for the
    /// contents of a folder, or where `output` is a folder or ends with a slash.
    ///
    /// - Throws: `invalidArgument` where a file would not be PNG by its name; `inputOutput`.
    private func paths(
        _ output: FilePath, for list: PictureList
    ) throws(IoUError) -> [FilePath] {
        guard !list.isOneFile || output.endsWithSlash || output.status?.kind == .folder else {
            try output.checkWritablePNG()
            return [output]
        }
        try output.makeFolder()
        return DrawnOutput.names(for: list.pictures).map { output.appending($0) }
    }

    /// The pictures' names, ending in .png; one that occurs twice gets a number.
    private static func names(for pictures: [FilePath]) -> [FilePath] {
        var taken: Set<FilePath> = []
        return pictures.map { picture in
            let stem = picture.stem.bytes
            var name = FilePath(bytes: stem + Array(".png".utf8))
            var number = 2
            while !taken.insert(name).inserted {
                name = FilePath(bytes: stem + Array("-\(number).png".utf8))
                number += 1
            }
            return name
        }
    }
}

/// Writes a picture with its boxes for each picture.
private struct DrawnSink: DetectionSink {
    let paths: [FilePath]

    mutating func prepare(_ picture: DetectedPicture) throws(IoUError) {
        var image = picture.image
        try image.draw(picture.detections)
        try image.writePNG(to: paths[picture.position])
    }
}
