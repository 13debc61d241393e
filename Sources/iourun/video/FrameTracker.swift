import IoUAccuracy
import IoURuntime
import IoUTracking

/// `--track`: numbers the detections of frame after frame.
struct FrameTracker {
    /// What is reported where no track has it.
    static let threshold: Float = 0.6

    private let parameters: TrackingParameters
    private let convention: DetectorInfo.BoxConvention
    private var tracker: Tracker

    init(threshold: Float?, _ convention: DetectorInfo.BoxConvention) {
        parameters = TrackingParameters(
            detectionThreshold: Double(threshold ?? FrameTracker.threshold))
        self.convention = convention
        tracker = Tracker(parameters)
    }

    /// With the objects that only continue tracks.
    func options(_ options: DetectOptions) -> DetectOptions {
        var all = options
        all.scoreThreshold = Float(parameters.lowThreshold)
        return all
    }

    /// The detections that a track has, or that are good without one, and the numbers of their tracks.
    mutating func update(_ detections: Detections) -> (Detections, [Int?]) {
        let numbers = tracker.update(
            detections.map { found in
                let box = convention.edges(found.box)
                return Observation(
                    box: Rectangle(
                        x1: Double(box.x1), y1: Double(box.y1), x2: Double(box.x2),
                        y2: Double(box.y2)),
                    score: Double(found.score), classIndex: found.classIndex)
            })
        let isReported = zip(detections, numbers).map { found, number in
            number != nil || Double(found.score) >= parameters.detectionThreshold
        }
        var index = -1
        let reported = detections.filtered(most: detections.count) { _ in
            index += 1
            return isReported[index]
        }
        return (reported, zip(numbers, isReported).filter { $0.1 }.map(\.0))
    }
}
