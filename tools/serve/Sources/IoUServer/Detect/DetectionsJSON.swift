import Hummingbird
import IoURuntime

extension Response {
    /// What was found in a picture, with what it was found by.
    static func detections(
        _ found: Detections, model: ServedModel, _ parameters: DetectParameters, token: String?
    ) -> Response {
        .json { text in
            text.key("model")
            text.string(model.name)
            text.key("width")
            text.number(found.width)
            text.key("height")
            text.number(found.height)
            for (name, value) in [
                ("alpha", parameters.alpha ?? model.info?.alpha),
                ("score_threshold", parameters.scoreThreshold ?? model.info?.scoreThreshold),
                ("nms_threshold", parameters.nmsThreshold ?? model.info?.nmsThreshold),
            ] {
                text.key(name)
                text.number(value ?? .nan)
            }
            text.key("detections")
            text.array(found) { $0.detection($1) }
            if let token {
                text.key("token")
                text.string(token)
            }
        }
    }
}

extension JSONText {
    /// With the members that `iourun detect --json` has.
    fileprivate mutating func detection(_ detection: Detection) {
        object { text in
            text.key("label")
            text.string(detection.label)
            text.key("class")
            text.number(detection.classIndex)
            text.key("score")
            text.number(detection.score)
            text.key("probability")
            text.number(detection.probability)
            text.key("iou")
            text.number(detection.iou ?? .nan)
            text.key("box")
            let box = detection.box
            text.array([box.x1, box.y1, box.x2, box.y2]) { $0.number($1) }
        }
    }
}
