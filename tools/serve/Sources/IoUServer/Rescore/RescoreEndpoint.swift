import Hummingbird

/// `POST /v1/rescore`: a kept run under another α and other thresholds, without the network.
struct RescoreEndpoint: Sendable {
    let service: Service

    /// A few numbers and a token.
    private static let longestBody = 4096

    func respond(_ request: Request, _ context: ServerContext) async throws -> Response {
        let deadline = try service.options.deadline(of: request, context)
        return try await service.withBody(
            of: request, upTo: RescoreEndpoint.longestBody, by: deadline, rescore)
    }

    private func rescore(_ body: [UInt8]) async throws -> Response {
        let object = try JSONObject(JSONParser.parse(body, at: "body"), at: "body")
        let known = DetectParameters.names + ["token"]
        if let stranger = object.members.keys.filter({ !known.contains($0) }).min() {
            throw ServerError.badRequest(
                "body: expected members among \(known.joined(separator: ", ")), found "
                    + stranger.quoted)
        }
        guard let token = try object.string("token") else {
            throw ServerError.badRequest(
                "body.token: expected that of /v1/detect?keep=1, found none")
        }
        let parameters = try DetectParameters(object)
        let (run, model) = try await service.kept.run(token)
        let found = try await model.rescorer.rescore(run, parameters)
        return .detections(found, model: model, parameters, token: token)
    }
}
