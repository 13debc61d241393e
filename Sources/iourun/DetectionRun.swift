import IoUConsole
import IoURuntime

/// One call of `iourun detect`: everything is checked first, then picture follows picture.
struct DetectionRun: ~Copyable {
    /// Pictures, or folders, that were reported and skipped.
    private(set) var failures = 0

    private let arguments: Detect
    private let pictures: [FilePath]
    private let drawn: DrawnPictures?
    private var detector: Detector
    private var report: JSONReport
    private var coco: CocoReport?

    init(_ arguments: Detect) throws(IoUError) {
        let list = PictureList(arguments.images)
        let drawn = try DetectionRun.outputs(arguments, list)
        let model = try Model(
            path: arguments.model, options: arguments.running.links.modelOptions)
        let detector = try Detector.open(
            model, from: arguments.model, options: arguments.running.sessionOptions())
        if arguments.coco != nil {
            let info = detector.info
            coco = try CocoReport(
                CocoNumbering(
                    annotations: arguments.annotations, pictures: list.pictures, info: info),
                info.boxes)
        }
        self.detector = detector
        report = JSONReport(model: arguments.model.description)
        pictures = list.pictures
        self.drawn = drawn
        self.arguments = arguments
        for remark in list.remarks { Failure.note(remark, by: "iourun") }
        for failure in list.failures { fail(failure) }
    }

    /// Checks, before any work, that the results can be written and spare the inputs.
    private static func outputs(
        _ arguments: Detect, _ list: PictureList
    ) throws(IoUError) -> DrawnPictures? {
        let inputs = InputGuard(
            list.pictures + [arguments.model] + [arguments.annotations].compactMap { $0 })
        for file in [arguments.json?.file, arguments.coco?.file].compactMap({ $0 }) {
            try inputs.check(file)
            try file.checkWritable()
        }
        guard let output = arguments.output else { return nil }
        let isFolder = list.pictures != arguments.images || list.pictures.count != 1
        let drawn = try DrawnPictures(output, for: list, isFolder: isFolder)
        for path in drawn.paths { try inputs.check(path) }
        return drawn
    }

    /// Looks at every picture, then writes the reports.
    mutating func detect() throws(IoUError) {
        var progress = Progress(total: pictures.count)
        for position in pictures.indices {
            progress.update(done: position)
            let outcome = Result { () throws(IoUError) in try look(at: position) }
            progress.clear()
            switch outcome {
            case .success(let result): try show(result)
            case .failure(let error): fail(error)
            }
        }
        try writeReports()
    }

    /// Detects, draws and notes; a picture that fails in any of these is in no report.
    private mutating func look(at position: Int) throws(IoUError) -> PictureResult {
        let path = pictures[position]
        var image = try Image(path: path)
        let options = arguments.selection.options(alpha: arguments.alpha)
        let found = try detector.detect(in: image, options: options)
        let result = PictureResult(picture: path, detections: found)
        let numbered = try coco?.entries(for: result, position: position)
        if let drawn {
            try image.draw(found)
            try image.writePNG(to: drawn.paths[position])
        }
        if let numbered { coco?.append(numbered) }
        report.append(result)
        return result
    }

    /// The tables give way to a report on standard output.
    private func show(_ result: PictureResult) throws(IoUError) {
        guard arguments.json != .standardOutput, arguments.coco != .standardOutput else { return }
        try StandardOutput.write(result.text)
    }

    private func writeReports() throws(IoUError) {
        if let json = arguments.json {
            try json.write(JSON.encode(report, for: "--json"))
        }
        if let target = arguments.coco, let coco {
            try target.write(JSON.encode(coco.entries, for: "--coco"))
        }
    }

    private mutating func fail(_ error: IoUError) {
        failures += 1
        Failure.report(error.message, by: "iourun")
    }
}
