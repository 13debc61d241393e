import Hummingbird
import NIOCore

/// What is known of a request beside itself.
struct ServerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    let arrival = ContinuousClock.now

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// The model that a path of the protocol names.
    var modelName: String { (parameters.get("model") ?? "").percentDecoded }
}
