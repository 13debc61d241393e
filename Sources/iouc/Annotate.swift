import ArgumentParser
import IoUConsole
import IoUGraph
import IoUModels
import IoURuntime

/// `iouc annotate IN.onnx OUT.onnx --preset NAME --metadata FILE`
struct Annotate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Attaches detector metadata to somebody else's model.",
        discussion: """
            The file has a line 'key = value' for each key, or 'key =' and the value's lines below \
            it, indented; docs/metadata.md defines the keys. 'iouc inspect --metadata' prints \
            those of a model in this form. Keys that the model has are replaced, everything else \
            of it is kept. The result is written when the runtime takes it for a detector. Where \
            the model has weights in other files, it belongs into their folder.

            --score-threshold, --nms-threshold and --alpha store a value alone: of a model that has \
            its metadata, or with --metadata or --preset. 'iourun eval --report' tells the best threshold.

            A preset has the keys of a family of models; names, sides and labels come from the \
            file. Keys of --metadata replace the preset's. Presets:

            \(PresetArguments.list)
            """)

    @Argument(help: "Any ONNX model.", completion: .file(extensions: ["onnx"]))
    var input: String

    @Argument(help: "The file to write; may be the same.", completion: .file(extensions: ["onnx"]))
    var output: String

    @OptionGroup var preset: PresetArguments

    @Option(help: ArgumentHelp("The metadata; '-': from standard input.", valueName: "file"))
    var metadata: FilePath?

    @OptionGroup var values: AnnotateValues

    @Flag(help: "Remove the iou.* keys that the model has before.")
    var clear = false

    @Option(help: ArgumentHelp("Remove a key. May be repeated.", valueName: "key"))
    var remove: [String] = []

    @OptionGroup var links: LinkArguments

    func validate() throws {
        if metadata == nil && preset.preset == nil && values.properties.isEmpty {
            throw ValidationError(
                "expected --metadata, --preset or a value such as --score-threshold, found none")
        }
        if metadata == nil, preset.preset == nil, clear || !remove.isEmpty {
            throw ValidationError(
                "\(clear ? "--clear" : "--remove"): expected together with --metadata or --preset, "
                    + "found a value alone, which needs the keys that the model has")
        }
    }

    func run() throws {
        let properties =
            try preset.properties(for: input, links.modelOptions) + (listing()?.properties ?? [])
        var model = try IoUGraph.Model(path: input, refusingLinks: links.refuseLinks)
        try checkPlace(of: model)
        for key in remove where model.metadata(key) == nil {
            throw GraphError(.mismatch, "--remove: '\(input)' has no metadata key '\(key)'")
        }
        model.metadata.removeAll { property in
            remove.contains(property.key) || clear && property.key.hasPrefix("iou.")
        }
        for property in properties { model.setMetadata(property.key, property.value) }
        try values.check(model, input)
        for property in values.properties { model.setMetadata(property.key, property.value) }
        try checkKeys(of: model)
        Progress.show("writing \(output)")
        defer { Progress.clear() }
        try model.write(to: output) { (draft) throws(GraphError) in try check(draft) }
    }

    /// What readers of older files let pass, but a new one shall not have.
    private func checkKeys(of model: IoUGraph.Model) throws(GraphError) {
        guard model.metadata.contains(where: { $0.key.hasPrefix("iou.") }) else {
            throw GraphError(
                .mismatch,
                "'\(output)': expected the keys 'iou.*' that docs/metadata.md defines, found none")
        }
        let labels = (model.metadata("iou.labels") ?? "").split(separator: "\n")
        if let label = Labels.firstDuplicate(labels.map(String.init)) {
            throw GraphError(.mismatch, "metadata key 'iou.labels': label '\(label)' appears twice")
        }
    }

    /// The result refers to the files with the model's weights, so it is beside them.
    private func checkPlace(of model: IoUGraph.Model) throws(GraphError) {
        let locations = model.externalLocations
        guard let first = locations.min() else { return }
        let (from, to) = (FilePath(input), FilePath(output))
        guard from.parent.status?.identity == to.parent.status?.identity else {
            throw GraphError(
                .mismatch,
                "'\(output)': expected in the folder of '\(input)', which has weights in '\(first)'"
            )
        }
        for location in locations {
            let weights = FilePath("\(from.parent)/\(location)")
            if let identity = to.status?.identity, identity == weights.status?.identity {
                throw GraphError(.mismatch, "'\(output)' has the weights of '\(input)'")
            }
        }
    }

    private func listing() throws -> MetadataListing? {
        guard let metadata else { return nil }
        let isStandardInput = metadata.bytes == [UInt8(ascii: "-")]
        let path = isStandardInput ? FilePath("/dev/stdin") : metadata
        let place = isStandardInput ? "standard input" : "'\(metadata)'"
        let bytes = try path.read(limit: 1 << 26)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw GraphError(.malformed, "\(place): expected UTF-8, found other bytes")
        }
        return try MetadataListing(parsing: text, from: place)
    }

    /// Opens the file that is about to be the result as a detector.
    private func check(_ draft: String) throws(GraphError) {
        do throws(IoUError) {
            _ = try IoURuntime.Detector(IoURuntime.Model(path: draft, options: links.modelOptions))
        } catch {
            let prefix = "'\(draft)': "
            let text = error.message
            throw GraphError(
                .mismatch, text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text)
        }
    }
}
