import IoUGraph

/// A file of named tensors.
protocol TensorFile: Sendable {
    /// For messages.
    var path: String { get }
    /// In rising order.
    var names: [String] { get }
    /// What the file says beside its tensors.
    var notes: [String: String] { get }
    /// Nil when there is no tensor of that name.
    func shape(_ name: String) -> [Int]?
    /// A tensor as 32-bit floats. Throws `.mismatch` when there is none of that name,
    /// `.unsupported` for types that are no floats.
    func float32(_ name: String) throws(GraphError) -> TensorLiteral
}

extension TensorFile {
    var notes: [String: String] { [:] }
}
