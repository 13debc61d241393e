import IoURuntime

/// Tensors that a network is given.
struct InferWork: Sendable {
    let inputs: [String: Tensor]
    /// The names of the outputs that are wanted; `nil`: all.
    let outputs: [String]?
}

/// A request of the protocol: the work, and how its answer is written.
struct InferRequest: Sendable {
    let id: String?
    let work: InferWork
    /// Microseconds that the client gives it.
    let timeout: Int?
    /// Whether an output that says nothing of it is binary.
    let binaryOutputs: Bool
    /// Outputs that say so, by name.
    let binary: [String: Bool]

    func isBinary(_ output: String) -> Bool { binary[output] ?? binaryOutputs }
}
