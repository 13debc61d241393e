import Hummingbird
import Logging

/// The repository extension of the protocol: which models there are, and opening one again.
struct RepositoryEndpoint: Sendable {
    let service: Service

    func index(_ request: Request, _ context: ServerContext) async throws -> Response {
        var text = JSONText()
        text.array(service.models.names) { text, name in
            text.object { text in
                text.key("name")
                text.string(name)
                text.key("version")
                text.string(ServedModel.version)
                text.key("state")
                text.string("READY")
                text.key("reason")
                text.string("")
            }
        }
        return Response(text.bytes + [0x0A], type: "application/json")
    }

    func load(_ request: Request, _ context: ServerContext) async throws -> Response {
        let name = try context.parameters.require("model")
        try await service.reload(name)
        context.logger.notice("model reloaded", metadata: ["model": "\(name)"])
        return .json { text in
            text.key("name")
            text.string(name)
            text.key("state")
            text.string("READY")
        }
    }
}

extension Service {
    /// Puts a model's file as it is now in the place of what was opened of it.
    func reload(_ name: String) async throws(ServerError) {
        let old = try await models.reload(name)
        await kept.drop(of: old)
        await old.close()
    }
}
