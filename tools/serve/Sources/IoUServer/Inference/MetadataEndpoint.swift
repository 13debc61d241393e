import Hummingbird
import IoURuntime

/// Health and metadata of the Open Inference Protocol.
struct MetadataEndpoint: Sendable {
    let service: Service

    /// It answers, so it lives; models are opened before it does.
    func health(_ request: Request, _ context: ServerContext) async throws -> Response {
        .json { _ in }
    }

    func server(_ request: Request, _ context: ServerContext) async throws -> Response {
        .json { text in
            text.key("name")
            text.string("iouserve")
            text.key("version")
            text.string(iouVersion)
            text.key("extensions")
            text.array(["binary_tensor_data", "model_repository"]) { $0.string($1) }
        }
    }

    func modelReady(_ request: Request, _ context: ServerContext) async throws -> Response {
        let model = try service.model(context)
        return .json { text in
            text.key("name")
            text.string(model.name)
            text.key("ready")
            text.bool(true)
        }
    }

    func model(_ request: Request, _ context: ServerContext) async throws -> Response {
        let model = try service.model(context)
        return .json { text in
            text.key("name")
            text.string(model.name)
            text.key("versions")
            text.array([ServedModel.version]) { $0.string($1) }
            text.key("platform")
            text.string("iou_onnx")
            text.key("inputs")
            text.array(model.model.inputs) { $0.value($1) }
            text.key("outputs")
            text.array(model.model.outputs) { $0.value($1) }
        }
    }
}

extension Service {
    /// The model, and the version if any, that a path names.
    func model(_ context: ServerContext) throws -> ServedModel {
        let model = try models.model(context.parameters.require("model"))
        if let version = context.parameters.get("version"), version != ServedModel.version {
            throw ServerError(
                .notFound,
                "model '\(model.name)': expected version \(ServedModel.version), found "
                    + version.quoted)
        }
        return model
    }
}

extension JSONText {
    /// A side that the model leaves open is -1, and so is an unknown rank.
    fileprivate mutating func value(_ info: ValueInfo) {
        object { text in
            text.key("name")
            text.string(info.name)
            text.key("datatype")
            text.string(Datatype.name(of: info.type))
            text.key("shape")
            text.array(info.shape ?? [.unknown]) { text, side in
                if case .fixed(let side) = side { text.number(side) } else { text.number(-1) }
            }
        }
    }
}
