import ArgumentParser
import IoUAccuracy
import IoUConsole
import IoURuntime

/// `--yolo`
struct YOLOOutput: DetectionFormat {
    @Option(
        help: ArgumentHelp(
            """
            Write a text file for each picture to the folder, which is made: a line a detection with \
            the class index, the centre, width and height of the box as shares of the picture's sides, \
            and the score.
            """, valueName: "folder"))
    var yolo: FilePath?

    /// A folder, which other formats may share.
    var target: (option: String, place: ResultTarget)? { nil }

    var pictureOption: String? { yolo.map { _ in "--yolo" } }

    func sink(for task: DetectionTask) throws(IoUError) -> (any DetectionSink)? {
        guard let yolo else { return nil }
        let output = try FolderOutput(yolo, ending: "txt", for: task)
        return FolderSink(output) { picture, convention throws(IoUError) in
            Array(picture.yolo(convention).utf8)
        }
    }
}

extension DetectedPicture {
    fileprivate func yolo(_ convention: DetectorInfo.BoxConvention) -> String {
        let width = Double(detections.width), height = Double(detections.height)
        return detections.map { found in
            let box = convention.coco(found.box).map(Double.init)
            let numbers = [
                (box[0] + box[2] / 2) / width, (box[1] + box[3] / 2) / height, box[2] / width,
                box[3] / height, Double(found.score),
            ]
            return "\(found.classIndex) " + numbers.map { $0.fixed(6) }.joined(separator: " ")
                + "\n"
        }.joined()
    }
}
