import IoUConsole
import IoURuntime

/// One call of `iourun detect`: everything is checked first, then picture follows picture.
struct DetectionRun: ~Copyable {
    /// Pictures, or folders, that were reported and skipped.
    private(set) var failures = 0

    private let arguments: Detect
    private let pictures: [FilePath]
    private var detector: Detector
    private var sinks: [any DetectionSink]
    private let filter: ClassFilter?

    init(_ arguments: Detect) throws(IoUError) {
        let list = PictureList(arguments.images, isRecursive: arguments.recursive)
        let outputs = arguments.outputs
        var sinks = try outputs.sinks(
            for: DetectionTask(
                model: arguments.model, pictures: list,
                inputs: FileGuard(
                    list.files + [arguments.model] + outputs.inputs(for: list.pictures))))
        let opened = try arguments.openDetector()
        let info = opened.info
        let filter = try ClassFilter(
            arguments.classes, most: arguments.selection.maxDetections, of: info)
        for number in sinks.indices { try sinks[number].begin(info) }
        detector = opened
        pictures = list.pictures
        self.sinks = sinks
        self.filter = filter
        self.arguments = arguments
        arguments.noteRest(of: info)
        for remark in list.remarks { Failure.note(remark, by: "iourun") }
        for failure in list.failures { fail(failure) }
    }

    /// Looks at every picture, then finishes the outputs.
    ///
    /// The first picture has all threads. Those behind it are looked at side by side.
    mutating func detect() throws(IoUError) {
        var progress = Progress(total: pictures.count)
        let look = PictureLook(
            pictures: pictures, options: arguments.selection.options(alpha: arguments.alpha),
            filter: filter, sinks: sinks)
        var workers: PictureWorkers?
        for position in pictures.indices {
            progress.update(done: position)
            let outcome =
                workers?.outcome(at: position) ?? look.look(at: position, with: &detector)
            progress.clear()
            switch outcome {
            case .success(let picture):
                try take(picture)
                workers =
                    workers
                    ?? PictureWorkers(
                        look, at: position + 1..<pictures.count, of: detector,
                        options: arguments.running.sessionOptions())
            case .failure(let error): fail(error)
            }
        }
        for number in sinks.indices { try sinks[number].finish() }
    }

    private mutating func take(_ picture: DetectedPicture) throws(IoUError) {
        for number in sinks.indices { try sinks[number].picture(picture) }
    }

    private mutating func fail(_ error: IoUError) {
        failures += 1
        Failure.report(error.message, by: "iourun")
    }
}
