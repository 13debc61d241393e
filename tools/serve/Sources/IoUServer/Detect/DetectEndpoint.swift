import HTTPTypes
import Hummingbird

extension HTTPField.Name {
    /// The token of a run that is kept, where the answer is a picture.
    static let token = HTTPField.Name("IoU-Token")!
}

/// `POST /v1/detect`: a picture in; boxes, or the picture with boxes, out.
struct DetectEndpoint: Sendable {
    let service: Service

    func respond(_ request: Request, _ context: ServerContext) async throws -> Response {
        let deadline = try service.options.deadline(of: request, context)
        return try await service.withBody(of: request, by: deadline) { body in
            try await detect(body, request, context, deadline)
        }
    }

    private func detect(
        _ body: [UInt8], _ request: Request, _ context: ServerContext,
        _ deadline: ContinuousClock.Instant
    ) async throws -> Response {
        let asked = try DetectRequest(request, body: body)
        let work = DetectWork(
            picture: asked.picture, parameters: asked.parameters, draws: asked.draws,
            keeps: asked.keeps)
        let (answer, model) = try await service.answer(
            .detect(work), deadline: deadline, context
        ) { () throws(ServerError) in
            let model = try service.models.detector(asked.model)
            if asked.keeps { try model.checkRescores() }
            return model
        }
        guard case .detections(let found) = answer else { throw ServerError.closing }
        var token: String?
        if let kept = found.kept { token = await service.kept.keep(kept, of: model) }
        if let png = found.png {
            var response = Response(png, type: "image/png")
            response.headers[.token] = token
            return response
        }
        return .detections(found.found, model: model, asked.parameters, token: token)
    }
}
