internal import CIoU

/// Overrides of what a detector's model says; `nil` keeps the model's value.
public struct DetectOptions: Sendable {
    /// The exponent α of the class probability, 0 … 1.
    public var alpha: Float?

    /// Detections with a lower score are dropped, 0 … 1.
    public var scoreThreshold: Float?

    /// Boxes that overlap a better one of their class by more are dropped, 0 … 1.
    public var nmsThreshold: Float?

    /// The most detections of a picture.
    public var maximumDetections: Int?

    /// A deadline, and a flag to stop the run.
    public var run: RunOptions

    public init(
        alpha: Float? = nil, scoreThreshold: Float? = nil, nmsThreshold: Float? = nil,
        maximumDetections: Int? = nil, run: RunOptions = RunOptions()
    ) {
        self.alpha = alpha
        self.scoreThreshold = scoreThreshold
        self.nmsThreshold = nmsThreshold
        self.maximumDetections = maximumDetections
        self.run = run
    }

    func withC<Result>(_ body: (UnsafePointer<iou_detect_options>) -> Result) -> Result {
        var options = iou_detect_options_default()
        if let alpha { options.alpha = alpha }
        if let scoreThreshold { options.score_threshold = scoreThreshold }
        if let nmsThreshold { options.nms_threshold = nmsThreshold }
        if let maximumDetections { options.max_detections = Int32(clamping: maximumDetections) }
        return run.withC { run in
            options.run = run
            return body(&options)
        }
    }
}
