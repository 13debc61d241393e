import Hummingbird
import IoURuntime

/// `POST /v2/models/NAME/infer`: tensors in, tensors out.
struct InferEndpoint: Sendable {
    let service: Service
    let reader = InferReader()
    let writer = InferWriter()

    func respond(_ request: Request, _ context: ServerContext) async throws -> Response {
        _ = try service.model(context)  // an unknown one is refused before its body is read
        let deadline = try service.options.deadline(of: request, context)
        return try await service.withBody(of: request, by: deadline) { body in
            try await infer(body, request, context, deadline)
        }
    }

    private func infer(
        _ body: [UInt8], _ request: Request, _ context: ServerContext,
        _ deadline: ContinuousClock.Instant
    ) async throws -> Response {
        var deadline = deadline
        let model = try service.model(context).model
        let asked = try await reader.read(
            body, header: request.headers[.inferenceHeaderLength],
            limits: ReadLimits(
                inputs: model.inputs.count, outputs: model.outputs.count,
                demand: service.demand(context, by: deadline)))
        if let microseconds = asked.timeout, microseconds > 0 {
            deadline = min(deadline, context.arrival + .microseconds(min(microseconds, 1 << 50)))
        }
        let found = try await service.answer(
            .infer(asked.work), deadline: deadline, context
        ) { () throws(ServerError) in try service.model(context) }
        guard case .tensors(let tensors) = found.answer else { throw ServerError.closing }
        return try await writer.response(
            to: InferAnswer(request: asked, model: found.model, tensors: tensors),
            for: service.demand(context, by: deadline))
    }
}
