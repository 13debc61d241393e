import IoURuntime

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
}
