import IoUConsole
import IoURuntime
import IoUVideo

/// Prints a heading and a table for each picture; where nothing else goes to standard output.
struct TableSink: DetectionSink {
    mutating func picture(_ picture: DetectedPicture) throws(IoUError) {
        try StandardOutput.write(picture.text)
    }
}

extension DetectedPicture {
    /// A heading, one line a detection, and an empty line.
    fileprivate var text: String {
        let count = detections.isEmpty ? "no" : "\(detections.count)"
        let noun = detections.count == 1 ? "detection" : "detections"
        let size = "\(detections.width) x \(detections.height)"
        let place = frame.map { ", frame \($0.index) (\($0.seconds.fixed(3)) s)" } ?? ""
        let heading = "\(path.description.oneLine)\(place): \(size), \(count) \(noun)\n"
        return heading + (detections.isEmpty ? "" : table.text) + "\n"
    }

    private var table: Table {
        let numbers = ["score", "p", "IoU", "x1", "y1", "x2", "y2"]
        var table = Table([("class", .left)] + numbers.map { ($0, .right) })
        for (index, detection) in detections.enumerated() {
            let box = detection.box
            table.append(
                [
                    name(of: index), detection.score.fixed(3), detection.probability.fixed(3),
                    detection.iou?.fixed(3) ?? "-",
                ] + [box.x1, box.y1, box.x2, box.y2].map { $0.fixed(1) })
        }
        return table
    }
}
