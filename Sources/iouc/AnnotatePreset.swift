import ArgumentParser
import IoUConsole
import IoUGraph
import IoUModels
import IoURuntime

/// Metadata that is known of a family of models.
struct PresetArguments: ParsableArguments {
    /// The preset of files that say themselves what they are.
    private static let ownKeys = "ultralytics"

    /// A line for each preset.
    static let list =
        (DetectorPreset.all.map { ($0.name, $0.about) }
        + [(ownKeys, "what the keys that ultralytics wrote into the file say")])
        .map { name, about in
            "  " + name + String(repeating: " ", count: max(1, 20 - name.count)) + about
        }
        .joined(separator: "\n")

    @Option(help: ArgumentHelp("The keys of a family, one of those above.", valueName: "name"))
    var preset: String?

    @Option(help: "With --preset: a file with the names of the classes, one a line.")
    var labels: String?

    @Option(help: "With --preset: the number of classes; 80 are COCO's, others are numbered.")
    var classes: Int?

    @Option(
        help: ArgumentHelp("With --preset: the input's sides, if they are open.", valueName: "HxW"))
    var input: InputSize?

    func validate() throws {
        try (1...100_000).check(classes, of: "--classes")
        let names = DetectorPreset.all.map(\.name) + [Self.ownKeys]
        if let preset, !names.contains(preset) {
            throw ValidationError(
                "--preset: expected one of: \(names.joined(separator: " ")), found '\(preset)'")
        }
        if labels != nil && classes != nil {
            throw ValidationError("--labels and --classes: expected one of them, found both")
        }
        if preset == nil || preset == Self.ownKeys, labels != nil || classes != nil || input != nil
        {
            throw ValidationError(
                "--labels, --classes and --input: expected with a --preset that needs them")
        }
    }

    /// The keys for the model at `path`; none without a preset.
    func properties(for path: String, _ options: ModelOptions) throws -> [Property] {
        guard let preset else { return [] }
        var lenient = options
        lenient.allowsMissingOperators = true
        do throws(IoUError) {
            let model = try IoURuntime.Model(path: path, options: lenient)
            let pairs =
                if let known = DetectorPreset.all.first(where: { $0.name == preset }) {
                    try known.keys(for: model, try facts())
                } else {
                    try DetectorPreset.ultralyticsKeys(of: model)
                }
            return pairs.map { Property($0.key, $0.value) }
        } catch {
            throw GraphError(.mismatch, "'\(path)': \(error.message)")
        }
    }

    private func facts() throws(IoUError) -> DetectorPreset.Facts {
        var facts = DetectorPreset.Facts()
        facts.sides = input.map { ($0.height, $0.width) }
        guard let found = try names() else { return facts }
        facts.labels = found.names
        facts.ids = found.ids ?? []
        return facts
    }

    /// What the options say; `nil`: the file has them.
    private func names() throws(IoUError) -> Labels? {
        guard let labels else { return classes.map(Labels.numbered) }
        do throws(GraphError) {
            return try Labels(path: labels)
        } catch {
            throw IoUError(.badData, error.message)
        }
    }
}
