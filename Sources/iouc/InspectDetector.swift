import IoUConsole
import IoUGraph
import IoURuntime

/// What the `iou.*` metadata says, for people; `docs/metadata.md` defines the keys.
struct DetectorFacts {
    /// What the runtime has against it; nil where it takes it.
    let problem: String?
    /// Nil where the metadata cannot be read.
    let info: DetectorInfo?
    /// What the file says of its network and training, without "iou.".
    let notes: [String: String]

    /// Nil where the model has no such metadata, nor other keys that mean the same.
    init?(of model: IoUGraph.Model, at path: String, options: ModelOptions) {
        var lenient = options
        lenient.allowsMissingOperators = true
        info = try? IoURuntime.Model(path: path, options: lenient).detectorInfo
        guard info != nil || model.metadata.contains(where: { $0.key.hasPrefix("iou.") }) else {
            return nil
        }
        problem = Self.problem(at: path, options)
        notes = Dictionary(
            model.metadata.filter { $0.isNote }.map { (String($0.key.dropFirst(4)), $0.value) },
            uniquingKeysWith: { _, last in last })
    }

    private static func problem(at path: String, _ options: ModelOptions) -> String? {
        do throws(IoUError) {
            _ = try IoURuntime.Detector(IoURuntime.Model(path: path, options: options))
            return nil
        } catch {
            return error.message
        }
    }

    var text: String {
        var list = FactList()
        list.append("detector", problem.map { "refused: \($0)" } ?? "accepted by the runtime")
        if let info { append(info, to: &list) }
        for (name, note) in notes.sorted(by: { $0.key < $1.key }) { list.append(name, note) }
        return list.text
    }

    private func append(_ info: DetectorInfo, to list: inout FactList) {
        list.append("outputs", "\(info.outputs.name), boxes by \(info.boxes)")
        if case .maps(let levels, let anchors, let strides) = info.outputs {
            list.append("levels", "\(levels), strides \(strides.text)")
            list.append("anchors", "\(anchors) a cell")
        }
        if let rest = info.notReported { list.append("not reported", rest) }
        let shown = info.labels.prefix(6).joined(separator: ", ")
        let more = info.labels.count > 6 ? ", …" : ""
        list.append("classes", "\(info.labels.count): \(shown)\(more)")
        list.append("predicted IoU", info.predictsIoU ? "yes, alpha \(info.alpha)" : "no")
        list.append(
            "thresholds",
            "score \(Self.shown(scoreThreshold)), overlap \(Self.shown(nmsThreshold)), at most "
                + "\(info.maximumDetections) detections")
        list.append("picture", InputFacts(info.input).text)
    }

    private static func shown(_ number: Float?) -> String {
        number.map { "\($0)" } ?? "unknown"
    }

    /// Of a graph that reports detections it is a constant, which the notes may tell of.
    private var scoreThreshold: Float? {
        info?.scoreThreshold ?? note("network.score_threshold")
    }

    private var nmsThreshold: Float? {
        info?.nmsThreshold ?? note("network.nms_threshold")
    }

    /// JSON has no infinities.
    private func note(_ key: String) -> Float? {
        notes[key].flatMap { Float($0) }.flatMap { $0.isFinite ? $0 : nil }
    }
}

extension DetectorFacts: Encodable {
    enum CodingKeys: String, CodingKey {
        case problem, outputs, levels, strides, classes, labels, alpha, boxes, input, notes
        case anchorsPerCell = "anchors_per_cell"
        case hasIoU = "predicts_iou"
        case scoreThreshold = "score_threshold"
        case nmsThreshold = "nms_threshold"
        case maximumDetections = "max_detections"
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encodeIfPresent(problem, forKey: .problem)
        try values.encode(notes, forKey: .notes)
        guard let info else { return }
        var (levels, anchors) = (0, 0)
        if case .maps(let count, let anchorsPerCell, let strides) = info.outputs {
            (levels, anchors) = (count, anchorsPerCell)
            try values.encode(strides.text, forKey: .strides)
        }
        try values.encode(info.outputs.name, forKey: .outputs)
        try values.encode(levels, forKey: .levels)
        try values.encode(anchors, forKey: .anchorsPerCell)
        try values.encode(info.labels.count, forKey: .classes)
        try values.encode(info.labels, forKey: .labels)
        try values.encode(info.predictsIoU, forKey: .hasIoU)
        try values.encodeIfPresent(info.predictsIoU ? info.alpha : nil, forKey: .alpha)
        try values.encodeIfPresent(scoreThreshold, forKey: .scoreThreshold)
        try values.encodeIfPresent(nmsThreshold, forKey: .nmsThreshold)
        try values.encode(info.maximumDetections, forKey: .maximumDetections)
        try values.encode("\(info.boxes)", forKey: .boxes)
        try values.encode(InputFacts(info.input), forKey: .input)
    }
}

extension Property {
    /// Information for people that no reader looks at.
    fileprivate var isNote: Bool {
        key.hasPrefix("iou.network.") || key.hasPrefix("iou.training.")
    }
}
