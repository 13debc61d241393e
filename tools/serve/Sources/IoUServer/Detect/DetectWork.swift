import IoURuntime

/// A picture in which objects are looked for.
struct DetectWork: Sendable {
    /// The bytes of a picture file.
    let picture: [UInt8]
    let parameters: DetectParameters
    /// Whether the picture with its boxes is wanted.
    let draws: Bool
    /// Whether the run is kept to be scored again.
    let keeps: Bool
}

struct DetectAnswer: Sendable {
    let found: Detections
    let kept: KeptRun?
    let png: [UInt8]?
}

/// What a client wants other than the model says.
struct DetectParameters: Hashable, Sendable {
    var alpha: Float?
    var scoreThreshold: Float?
    var nmsThreshold: Float?
    var maximumDetections: Int?

    var options: DetectOptions {
        DetectOptions(
            alpha: alpha, scoreThreshold: scoreThreshold, nmsThreshold: nmsThreshold,
            maximumDetections: maximumDetections)
    }
}
