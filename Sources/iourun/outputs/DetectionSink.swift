import IoURuntime
import IoUVideo

/// One output of a detection run, in one format: `begin`, then the pictures, then `finish`.
///
/// A file is written whole or not at all.
protocol DetectionSink: Sendable {
    /// Called once, when the model is open and before any picture.
    mutating func begin(_ info: DetectorInfo) throws(IoUError)

    /// Does what may fail for one picture alone, on any thread and in any order of the pictures. The
    /// picture is then reported and in no output, so that nothing of it is kept yet.
    func prepare(_ picture: DetectedPicture) throws(IoUError)

    /// Takes the picture, which every output has prepared. What fails here ends the run.
    mutating func picture(_ picture: DetectedPicture) throws(IoUError)

    /// Called once, behind the last picture.
    mutating func finish() throws(IoUError)
}

extension DetectionSink {
    mutating func begin(_ info: DetectorInfo) throws(IoUError) {}
    func prepare(_ picture: DetectedPicture) throws(IoUError) {}
    mutating func picture(_ picture: DetectedPicture) throws(IoUError) {}
    mutating func finish() throws(IoUError) {}
}

/// What was found in one picture.
struct DetectedPicture: Sendable {
    let path: FilePath

    /// Among all pictures that were asked for, from 0.
    let position: Int

    let image: Image
    let detections: Detections

    /// Of a video: which frame it is.
    var frame: FramePlace?

    /// Where objects are tracked: the number of each detection, where it has one.
    var tracks: [Int?]?

    /// A detection's class, with its number: "RBC #3".
    func name(of detection: Int) -> String {
        let label = detections[detection].label
        guard let number = tracks?[detection] else { return label }
        return "\(label) #\(number)"
    }

    /// The detections with their numbers in their labels.
    var namedDetections: [Detection] {
        guard tracks != nil else { return Array(detections) }
        return detections.indices.map { index in
            let found = detections[index]
            return Detection(
                label: name(of: index), classIndex: found.classIndex, score: found.score,
                probability: found.probability, iou: found.iou, box: found.box)
        }
    }
}
