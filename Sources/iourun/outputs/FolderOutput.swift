import IoUConsole
import IoURuntime

/// A file for each picture, in a folder that is made.
struct FolderOutput {
    let folder: FilePath

    /// The file of every picture, in the order of the pictures.
    let paths: [FilePath]

    init(_ folder: FilePath, ending: String, for task: DetectionTask) throws(IoUError) {
        self.folder = folder
        try folder.makeFolder()
        paths = FolderOutput.names(for: task.pictures.pictures, ending: ending)
            .map { folder.appending($0) }
        for path in paths { try task.inputs.check(path) }
    }

    /// The pictures' names with another ending; one that occurs twice gets a number.
    static func names(for pictures: [FilePath], ending: String) -> [FilePath] {
        var taken: Set<FilePath> = []
        return pictures.map { picture in
            let stem = picture.stem.bytes
            var name = FilePath(bytes: stem + Array(".\(ending)".utf8))
            var number = 2
            while !taken.insert(name).inserted {
                name = FilePath(bytes: stem + Array("-\(number).\(ending)".utf8))
                number += 1
            }
            return name
        }
    }
}

/// Writes what `contents` makes of each picture.
struct FolderSink: DetectionSink {
    let output: FolderOutput
    let contents:
        @Sendable (DetectedPicture, DetectorInfo.BoxConvention) throws(IoUError) -> [UInt8]
    private var convention = DetectorInfo.BoxConvention.edges

    init(
        _ output: FolderOutput,
        contents:
            @escaping @Sendable (DetectedPicture, DetectorInfo.BoxConvention) throws(IoUError)
            -> [UInt8]
    ) {
        self.output = output
        self.contents = contents
    }

    mutating func begin(_ info: DetectorInfo) throws(IoUError) {
        convention = info.boxes
    }

    func prepare(_ picture: DetectedPicture) throws(IoUError) {
        try output.paths[picture.position].write(contents(picture, convention))
    }
}
