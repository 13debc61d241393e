import Hummingbird
import IoURuntime

/// `GET /v1/models`: what `/v1/detect` can be asked for.
struct ModelsEndpoint: Sendable {
    let service: Service

    func respond(_ request: Request, _ context: ServerContext) async throws -> Response {
        let models = try service.models.names.map { try service.models.model($0) }
        return .json { text in
            text.key("models")
            text.array(models) { text, model in
                text.object { text in
                    text.key("name")
                    text.string(model.name)
                    text.key("detector")
                    text.bool(model.info != nil)
                    if let info = model.info { text.members(of: info) }
                }
            }
        }
    }
}

extension JSONText {
    fileprivate mutating func members(of info: DetectorInfo) {
        key("labels")
        array(info.labels) { $0.string($1) }
        key("alpha")
        number(info.alpha)
        key("score_threshold")
        number(info.scoreThreshold ?? .nan)
        key("nms_threshold")
        number(info.nmsThreshold ?? .nan)
        key("max_detections")
        number(info.maximumDetections)
        key("predicts_iou")
        bool(info.predictsIoU)
        key("rescores")
        bool(info.canRescore)
    }
}
