import Hummingbird

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
        let model = try service.models.detector(asked.model)
        if asked.keeps { try model.checkRescores() }
        let work = DetectWork(
            picture: asked.picture, parameters: asked.parameters, draws: asked.draws,
            keeps: asked.keeps)
        let answer = try await service.answer(
            .detect(work), by: model, deadline: deadline, context)
        guard case .detections(let found) = answer else { throw ServerError.closing }
        if let png = found.png { return Response(png, type: "image/png") }
        var token: String?
        if let kept = found.kept { token = try await service.kept.keep(kept, of: model) }
        return .detections(found.found, model: model, asked.parameters, token: token)
    }
}
