import IoUGraph

/// Whether a file of weights fits a network.
struct WeightMatch {
    let parameters: [Parameter]
    let file: WeightFile
    let configuration: DetectorConfiguration

    private static let mostExamples = 3

    /// Throws `.mismatch` with what the file holds, what would fit it, and a few examples, in the
    /// file's own names.
    func check() throws(GraphError) {
        let examples = misshapen + missing + extra
        guard !examples.isEmpty else { return }
        guard learned.contains(where: { file.shape($0.name) != nil }) else {
            throw GraphError(
                .mismatch,
                "'\(file.path)' holds no RetinaNet whose names are known: \(file.names.count) "
                    + "tensors such as \(shown(file.names))")
        }
        let counts = [
            (missing.count, "missing"), (extra.count, "not expected"),
            (misshapen.count, "of wrong shape"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        let contents = WeightContents(file, configuration)
        // Where it is known what would fit, the rest only illustrates.
        let most =
            contents.options(besides: configuration).isEmpty || contents.backbone == nil
            ? Self.mostExamples : 1
        throw GraphError(
            .mismatch,
            "'\(file.path)' does not fit \(expected)\(held(contents)): "
                + "\(counts.joined(separator: ", ")), such as \(shown(mixed, most))")
    }

    private var expected: String {
        "\(configuration.backbone.rawValue) with \(configuration.labels.names.count) classes and "
            + "\(configuration.pyramidChannels) channels"
    }

    /// What the file holds instead, and the options that would fit; empty where that is no other.
    private func held(_ contents: WeightContents) -> String {
        guard let words = contents.text else { return "" }
        let options = contents.options(besides: configuration)
        let fit = options.isEmpty ? "" : " (\(options.joined(separator: " ")))"
        return "; it holds \(words)\(fit)"
    }

    /// One of each kind before more of one.
    private var mixed: [String] {
        let kinds = [misshapen, missing, extra]
        let first = kinds.compactMap(\.first)
        return first + kinds.flatMap { $0.dropFirst() }
    }

    private func shown(_ names: [String], _ most: Int = mostExamples) -> String {
        let few = names.prefix(most).joined(separator: ", ")
        return names.count > most ? "\(few), …" : few
    }

    private var learned: [Parameter] { parameters.filter(\.isLearned) }

    private var missing: [String] {
        learned.filter { file.shape($0.name) == nil && file.neutral($0) == nil }
            .map { "\(file.likelyName(of: $0.name)) (missing)" }
    }

    private var extra: [String] {
        file.names(besides: learned).map { "\($0) (not expected)" }
    }

    private var misshapen: [String] {
        learned.compactMap { parameter in
            guard let shape = file.shape(parameter.name), shape != parameter.fileShape else {
                return nil
            }
            let name = file.likelyName(of: parameter.name)
            return "\(name) (\(shape), expected \(parameter.fileShape))"
        }
    }
}
