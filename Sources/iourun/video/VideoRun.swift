import IoUAccuracy
import IoUConsole
import IoURuntime
import IoUVideo

/// `iourun detect` on videos: everything is checked first, then frame follows frame.
///
/// Decoding, the network, and drawing with encoding run in a thread each, with a few frames between.
struct VideoRun: ~Copyable {
    /// Videos that were reported: damaged, or not to be read or written.
    private(set) var failures = 0

    private let arguments: Detect
    private let inputs: VideoInputs
    private let paths: [FilePath]?
    private let filter: ClassFilter?
    private let step: Int
    private var detector: Detector
    private var sinks: [any DetectionSink]
    /// Whether an output has failed, which no further video can mend.
    private var hasLostOutput = false

    init(_ arguments: Detect, _ inputs: VideoInputs) throws(IoUError) {
        let list = PictureList(inputs.paths)
        let task = DetectionTask(
            model: arguments.model, pictures: list,
            inputs: FileGuard(list.files + [arguments.model]), isVideo: true)
        var sinks = try arguments.outputs.sinks(for: task)
        let paths = try arguments.outputs.drawn.videoPaths(for: task)
        let opened = try arguments.openDetector()
        let info = opened.info
        let filter = try ClassFilter(
            arguments.classes, most: arguments.selection.maxDetections, of: info)
        for number in sinks.indices { try sinks[number].begin(info) }
        detector = opened
        self.paths = paths
        self.filter = filter
        step = arguments.video.every ?? 1
        self.sinks = sinks
        self.arguments = arguments
        self.inputs = inputs
        arguments.noteRest(of: info)
        VideoReader.endOnSignals()
    }

    /// Looks at every video, then finishes the outputs.
    mutating func detect() throws(IoUError) {
        for failure in inputs.failures {
            failures += 1
            Failure.report(failure, by: "iourun")
        }
        for position in inputs.sources.indices where !VideoReader.isEnded {
            do throws(IoUError) {
                try look(at: position)
            } catch {
                if hasLostOutput { throw error }
                failures += 1
                Failure.report(error.message, by: "iourun")
            }
        }
        for number in sinks.indices { try sinks[number].finish() }
    }

    /// What ends a video early is thrown once what came before is kept.
    private mutating func look(at position: Int) throws(IoUError) {
        let reader = try VideoReader(inputs.sources[position])
        let target = try target(of: position, reader.facts)
        let frames = source(reader)
        let outcome = Result { () throws(IoUError) in
            try look(at: frames, of: position, reader.facts, target)
        }
        Progress.clear()
        try target?.finish()
        try outcome.get()
    }

    private func source(_ reader: VideoReader) -> any FrameSource {
        let plain = PlainFrames(reader: reader, step: step)
        return arguments.video.oneByOne ? plain : PrefetchedFrames(plain)
    }

    private func target(
        of position: Int, _ facts: VideoFacts
    ) throws(IoUError) -> (any FrameTarget)? {
        guard let path = paths?[position] else { return nil }
        let plain = PlainTarget(
            writer: try VideoWriter(path, facts, step: step), style: arguments.outputs.drawn.style)
        return arguments.video.oneByOne ? plain : QueuedTarget(plain)
    }

    private mutating func look(
        at frames: any FrameSource, of position: Int, _ facts: VideoFacts,
        _ target: (any FrameTarget)?
    ) throws(IoUError) {
        var progress = Progress(total: facts.frames.map { ($0 + step - 1) / step })
        var tracker =
            arguments.video.track
            ? FrameTracker(
                threshold: arguments.selection.scoreThreshold, detector.info.boxes) : nil
        var count = 0
        while let frame = try frames.next() {
            progress.update(done: count)
            let picture = try look(at: frame, of: position, &tracker)
            try target?.write(
                DrawnFrame(frame: frame, detections: picture.namedDetections))
            for number in sinks.indices { try sinks[number].prepare(picture) }
            try take(picture)
            count += 1
        }
    }

    /// What fails here ends the run, and leaves the files as they were.
    private mutating func take(_ picture: DetectedPicture) throws(IoUError) {
        do throws(IoUError) {
            for number in sinks.indices { try sinks[number].picture(picture) }
        } catch {
            hasLostOutput = true
            throw error
        }
    }

    private mutating func look(
        at frame: VideoFrame, of position: Int, _ tracker: inout FrameTracker?
    ) throws(IoUError) -> DetectedPicture {
        var options = arguments.selection.options(alpha: arguments.alpha)
        if let tracker { options = tracker.options(options) }
        var detections = try detector.detect(in: frame.image, options: options, keeping: filter)
        let numbers: [Int?]?
        if tracker != nil {
            (detections, numbers) = tracker?.update(detections) ?? (detections, [])
        } else {
            numbers = nil
        }
        return DetectedPicture(
            path: inputs.paths[position], position: position, image: frame.image,
            detections: detections, frame: frame.place, tracks: numbers)
    }
}
