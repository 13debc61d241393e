import IoUGraph

/// Whether a file of weights fits a network.
struct WeightMatch {
    let parameters: [Parameter]
    let file: WeightFile

    /// Throws `.mismatch` with all that is missing, left over or of the wrong shape.
    func check() throws(GraphError) {
        let problems =
            part("missing", missing) + part("not wanted", extra) + part("of wrong shape", misshapen)
        guard problems.isEmpty else {
            throw GraphError(
                .mismatch,
                "'\(file.path)' does not fit the model: \(problems.joined(separator: "; "))\(hint)")
        }
    }

    private func part(_ title: String, _ names: [String]) -> [String] {
        names.isEmpty ? [] : ["\(names.count) \(title): \(names.joined(separator: ", "))"]
    }

    private var learned: [Parameter] { parameters.filter(\.isLearned) }

    private var missing: [String] {
        learned.filter { file.shape($0.name) == nil && file.neutral($0) == nil }.map(\.name)
    }

    private var extra: [String] { file.names(besides: learned) }

    private var misshapen: [String] {
        learned.compactMap { parameter in
            guard let shape = file.shape(parameter.name), shape != parameter.fileShape else {
                return nil
            }
            return "\(parameter.name) is \(shape), expected \(parameter.fileShape)"
        }
    }

    /// Every public RetinaNet lacks the IoU head.
    private var hint: String {
        let isPlain = missing.contains { $0.hasPrefix("bbox_head.retina_iou.") }
        return isPlain ? " (--no-iou-head makes a plain RetinaNet)" : ""
    }
}
