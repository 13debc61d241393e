import IoUConsole
import IoURuntime

extension Detect {
    /// The detector that the arguments name.
    func openDetector() throws(IoUError) -> Detector {
        try Detector.open(
            try Model(path: model, options: running.links.modelOptions), from: model,
            options: running.sessionOptions())
    }

    /// Says what the model finds beside boxes.
    func noteRest(of info: DetectorInfo) {
        guard let rest = info.notReported else { return }
        Failure.note("'\(model)': boxes are reported and drawn, its \(rest) are not", by: "iourun")
    }
}
