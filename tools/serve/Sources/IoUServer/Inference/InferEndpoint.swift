import Hummingbird

/// `POST /v2/models/NAME/infer`: tensors in, tensors out.
struct InferEndpoint: Sendable {
    let service: Service
    let reader = InferReader()

    func respond(_ request: Request, _ context: ServerContext) async throws -> Response {
        let model = try service.model(context)
        let deadline = try service.options.deadline(of: request, context)
        return try await service.withBody(of: request, by: deadline) { body in
            try await infer(body, request, context, model, deadline)
        }
    }

    private func infer(
        _ body: [UInt8], _ request: Request, _ context: ServerContext, _ model: ServedModel,
        _ deadline: ContinuousClock.Instant
    ) async throws -> Response {
        var deadline = deadline
        let asked = try await reader.read(body, header: request.headers[.inferenceHeaderLength])
        if let microseconds = asked.timeout, microseconds > 0 {
            deadline = min(deadline, context.arrival + .microseconds(min(microseconds, 1 << 50)))
        }
        let answer = try await service.answer(
            .infer(asked.work), by: model, deadline: deadline, context)
        guard case .tensors(let tensors) = answer else { throw ServerError.closing }
        return try InferAnswer(request: asked, model: model, tensors: tensors).response()
    }
}
