/// What is wrong with a model, a file or a request, in one line: where, what was expected, what was
/// found.
public struct GraphError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kind of failure, for callers that act on it.
    public enum Code: Sendable {
        /// The bytes are no file of the expected format.
        case malformed
        /// A limit against malformed files would be passed.
        case limit
        /// A graph breaks a rule of ONNX.
        case invalidGraph
        /// Something valid that this library does not do.
        case unsupported
        /// Weights or labels do not fit the model.
        case mismatch
        /// The system refused to read or write.
        case inputOutput
    }

    public let code: Code
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
