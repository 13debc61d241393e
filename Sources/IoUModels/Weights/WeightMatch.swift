import IoUGraph

/// Whether a file of weights fits a network.
struct WeightMatch {
    let parameters: [Parameter]
    let file: SafetensorsFile

    /// Throws `.mismatch` with all that is missing, left over or of the wrong shape.
    func check() throws(GraphError) {
        let problems =
            part("missing", missing) + part("not wanted", extra) + part("of wrong shape", misshapen)
        guard problems.isEmpty else {
            throw GraphError(
                .mismatch,
                "'\(file.path)' does not fit the model: \(problems.joined(separator: "; "))")
        }
    }

    private func part(_ title: String, _ names: [String]) -> [String] {
        names.isEmpty ? [] : ["\(names.count) \(title): \(names.joined(separator: ", "))"]
    }

    private var learned: [Parameter] { parameters.filter(\.isLearned) }

    private var missing: [String] {
        learned.map(\.name).filter { file.shape($0) == nil }
    }

    /// Counters of training steps are in many files and mean nothing here.
    private var extra: [String] {
        let wanted = Set(learned.map(\.name))
        return file.names.filter {
            !wanted.contains($0) && !$0.hasSuffix(".num_batches_tracked")
        }
    }

    private var misshapen: [String] {
        learned.compactMap { parameter in
            guard let shape = file.shape(parameter.name), shape != parameter.shape else {
                return nil
            }
            return "\(parameter.name) is \(shape), expected \(parameter.shape)"
        }
    }
}
