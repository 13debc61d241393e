import ArgumentParser
import IoUConsole
import IoURuntime

/// `--crop`
struct CropOutput: DetectionFormat {
    @Option(
        help: ArgumentHelp(
            """
            Write what is in each box as a PNG picture to a folder of the class in the folder, which is \
            made: cells/RBC/smear-1.png.
            """, valueName: "folder"))
    var crop: FilePath?

    /// A folder, which other formats may share.
    var target: (option: String, place: ResultTarget)? { nil }

    var pictureOption: String? { crop.map { _ in "--crop" } }

    func sink(for task: DetectionTask) throws(IoUError) -> (any DetectionSink)? {
        guard let crop else { return nil }
        try crop.makeFolder()
        let names = FolderOutput.names(for: task.pictures.pictures, ending: "png")
        return CropSink(folder: crop, stems: names.map(\.stem), inputs: task.inputs)
    }
}

private struct CropSink: DetectionSink {
    let folder: FilePath

    /// What the files' names begin with, by picture.
    let stems: [FilePath]
    let inputs: FileGuard
    var convention = DetectorInfo.BoxConvention.edges

    mutating func begin(_ info: DetectorInfo) throws(IoUError) {
        convention = info.boxes
    }

    func prepare(_ picture: DetectedPicture) throws(IoUError) {
        let stem = stems[picture.position].bytes
        for (number, found) in picture.detections.enumerated() {
            guard let cropped = try picture.image.cropped(to: found.box, convention) else {
                continue
            }
            let folder = folder.appending(FilePath(found.label.asFolder))
            try folder.makeFolder()
            let path = folder.appending(
                FilePath(bytes: stem + Array("-\(number + 1).png".utf8)))
            try inputs.check(path)
            try cropped.writePNG(to: path)
        }
    }
}

extension String {
    /// As the name of a folder: nothing that leads elsewhere.
    fileprivate var asFolder: String {
        var name = ""
        for scalar in unicodeScalars.drop(while: { $0 == "." }) {
            guard name.utf8.count < 200 else { break }
            name.unicodeScalars.append(scalar == "/" || scalar == "\0" ? "_" : scalar)
        }
        return name.isEmpty ? "unnamed" : name
    }
}
