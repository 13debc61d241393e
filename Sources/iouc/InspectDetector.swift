import IoUConsole
import IoUGraph
import IoURuntime

/// What the `iou.*` metadata says, for people; `docs/metadata.md` defines the keys.
struct DetectorFacts: Encodable {
    /// What the runtime has against it; nil where it takes it.
    let problem: String?
    /// "maps", or "detections" where the graph decodes and suppresses itself: then it has no levels
    /// and anchors, and its thresholds are constants that the file tells of.
    let outputs: String
    let levels: Int
    let anchorsPerCell: Int
    let strides: String?
    let classes: Int
    let labels: [String]
    let hasIoU: Bool
    let alpha: Double?
    let scoreThreshold: Double?
    let nmsThreshold: Double?
    let maximumDetections: Int?
    let boxes: String?
    let input: InputFacts
    /// What the file says of its network and training, without "iou.".
    let notes: [String: String]

    /// From a picture to the network's input.
    struct InputFacts: Encodable {
        let name: String?
        let layout: String?
        let color: String?
        let range: String?
        let mean: String?
        let std: String?
        let resize: String?
        let pad: String?
    }

    enum CodingKeys: String, CodingKey {
        case problem, outputs, levels, strides, classes, labels, alpha, boxes, input, notes
        case anchorsPerCell = "anchors_per_cell"
        case hasIoU = "predicts_iou"
        case scoreThreshold = "score_threshold"
        case nmsThreshold = "nms_threshold"
        case maximumDetections = "max_detections"
    }

    /// Nil where the model has no such metadata.
    init?(of model: IoUGraph.Model, at path: String, options: ModelOptions) {
        guard model.metadata.contains(where: { $0.key.hasPrefix("iou.") }) else { return nil }
        func text(_ key: String) -> String? { model.metadata("iou.\(key)") }
        func lines(_ key: String) -> [String] {
            (text(key) ?? "").split(separator: "\n").map(String.init)
        }
        // JSON has no infinities; the runtime refuses them.
        func number(_ key: String) -> Double? {
            text(key).flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
        }
        problem = Self.problem(at: path, options)
        outputs = text("outputs.kind") ?? "maps"
        let (score, nms) =
            outputs == "maps"
            ? ("score.threshold", "nms.threshold")
            : ("network.score_threshold", "network.nms_threshold")
        let anchors = lines("anchors")
        levels = lines("outputs.cls").count
        anchorsPerCell = (anchors.first?.split(separator: " ").count ?? 0) / 4
        strides = text("strides")
        labels = lines("labels")
        classes = labels.count
        hasIoU = text("outputs.iou") != nil || text("outputs.ious") != nil
        alpha = number("alpha")
        scoreThreshold = number(score)
        nmsThreshold = number(nms)
        maximumDetections = text("detections.max").flatMap { Int($0) }
        boxes = text("boxes.convention")
        input = InputFacts(
            name: text("input.name"), layout: text("input.layout"), color: text("input.color"),
            range: text("input.range"), mean: text("input.mean"), std: text("input.std"),
            resize: text("input.resize"), pad: text("input.pad"))
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
        list.append("outputs", "\(outputs), boxes by \(boxes ?? "unknown")")
        if levels > 0 {
            list.append("levels", "\(levels), strides \(strides ?? "unknown")")
            list.append("anchors", "\(anchorsPerCell) a cell")
        }
        list.append("classes", "\(classes): \(shownLabels)")
        list.append("predicted IoU", hasIoU ? "yes, alpha \(Self.shown(alpha))" : "no")
        list.append(
            "thresholds",
            "score \(Self.shown(scoreThreshold)), overlap "
                + "\(Self.shown(nmsThreshold)), at most "
                + "\(maximumDetections.map { "\($0)" } ?? "unknown") detections")
        list.append("picture", input.text)
        for (name, note) in notes.sorted(by: { $0.key < $1.key }) { list.append(name, note) }
        return list.text
    }

    private var shownLabels: String {
        labels.prefix(6).joined(separator: ", ") + (labels.count > 6 ? ", …" : "")
    }

    private static func shown(_ number: Double?) -> String {
        number.map { "\($0)" } ?? "unknown"
    }
}

extension DetectorFacts.InputFacts {
    var text: String {
        let parts = [
            ("", color), ("0 to ", range), ("mean ", mean), ("std ", std), ("resize ", resize),
            ("pad ", pad),
        ]
        return parts.compactMap { prefix, value in value.map { prefix + $0 } }
            .joined(separator: ", ")
    }
}

extension Property {
    /// Information for people that no reader looks at.
    fileprivate var isNote: Bool {
        key.hasPrefix("iou.network.") || key.hasPrefix("iou.training.")
    }
}
