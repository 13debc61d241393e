import IoUAccuracy
import IoURuntime

/// Which α are tried with a model.
struct AlphaChoice {
    /// What the model itself says; `nil` where α is a constant of its graph that it does not tell.
    let own: Double?

    /// At least one; `nil`: the model's, whatever it is.
    let tried: [Double?]

    /// Whether the network has maps of the IoU, so that α can be chosen.
    let predictsIoU: Bool

    /// Whether the outputs of a run can be scored again.
    let canRescore: Bool

    /// - Parameter requested: What was requested; `nil`: `ifMissing`, or else the model's own.
    /// - Throws: `unsupported` where the model has no such choice.
    init(_ requested: [Double]?, ifMissing: [Double]?, for info: DetectorInfo) throws(IoUError) {
        canRescore = info.canRescore
        predictsIoU = canRescore && info.predictsIoU
        let own = canRescore || info.predictsIoU ? info.alpha.asWritten : nil
        self.own = own
        guard let chosen = requested ?? ifMissing else {
            tried = [own]
            return
        }
        let option = requested == nil ? "--plot" : "--alpha"
        guard canRescore else {
            throw IoUError(
                .unsupported,
                "\(option): expected a model whose outputs are maps, found one whose graph reports "
                    + "detections: α is a constant of it")
        }
        guard predictsIoU || chosen == [1] else {
            throw IoUError(
                .unsupported,
                "\(option): expected a model that predicts the IoU, found one that does not: α is 1"
            )
        }
        tried = chosen
    }

    /// A position in ``tried``: the model's own α where it is there, else the first.
    var detailed: Int { tried.firstIndex { $0 == own } ?? 0 }
}
