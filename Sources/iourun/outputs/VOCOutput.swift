import ArgumentParser
import IoUAccuracy
import IoUConsole
import IoURuntime

/// `--voc`
struct VOCOutput: DetectionFormat {
    @Option(
        help: ArgumentHelp(
            """
            Write Pascal VOC's XML for each picture to the folder, which is made; an object's score is \
            its element 'score'.
            """, valueName: "folder"))
    var voc: FilePath?

    /// A folder, which other formats may share.
    var target: (option: String, place: ResultTarget)? { nil }

    var pictureOption: String? { voc.map { _ in "--voc" } }

    func sink(for task: DetectionTask) throws(IoUError) -> (any DetectionSink)? {
        guard let voc else { return nil }
        let output = try FolderOutput(voc, ending: "xml", for: task)
        return FolderSink(output) { picture, convention throws(IoUError) in
            Array(picture.voc(convention).utf8)
        }
    }
}

extension DetectedPicture {
    fileprivate func voc(_ convention: DetectorInfo.BoxConvention) -> String {
        let objects = detections.map { $0.voc(convention.edges($0.box)) }
        let folder = path.parent.lastComponent.description.asXML
        return """
            <annotation>
            \t<folder>\(folder)</folder>
            \t<filename>\(path.lastComponent.description.asXML)</filename>
            \t<size>
            \t\t<width>\(detections.width)</width>
            \t\t<height>\(detections.height)</height>
            \t\t<depth>3</depth>
            \t</size>
            \t<segmented>0</segmented>
            \(objects.joined())</annotation>

            """
    }
}

extension Detection {
    /// Edges in pixels, with their fractions, as `iourun eval` reads them.
    fileprivate func voc(_ box: Box) -> String {
        """
        \t<object>
        \t\t<name>\(label.asXML)</name>
        \t\t<pose>Unspecified</pose>
        \t\t<truncated>0</truncated>
        \t\t<difficult>0</difficult>
        \t\t<score>\(score)</score>
        \t\t<bndbox>
        \t\t\t<xmin>\(box.x1)</xmin>
        \t\t\t<ymin>\(box.y1)</ymin>
        \t\t\t<xmax>\(box.x2)</xmax>
        \t\t\t<ymax>\(box.y2)</ymax>
        \t\t</bndbox>
        \t</object>

        """
    }
}

extension String {
    /// Characters that XML lacks become U+FFFD.
    fileprivate var asXML: String {
        unicodeScalars.map { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\t", "\n", "\r": "&#\(scalar.value);"
            case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF:
                "\u{FFFD}"
            default: String(scalar)
            }
        }.joined()
    }
}
