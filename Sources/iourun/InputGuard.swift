import IoURuntime

/// Knows the files that are read, so that no result is written over one of them.
struct InputGuard {
    private let inputs: Set<FilePath.Status.Identity>

    init(_ inputs: [FilePath]) {
        self.inputs = Set(inputs.compactMap { $0.status?.identity })
    }

    /// - Throws: `invalidArgument` where `output` is an input under any name.
    func check(_ output: FilePath) throws(IoUError) {
        guard let status = output.status, status.kind == .file else { return }
        guard !inputs.contains(status.identity) else {
            throw IoUError(
                .invalidArgument, "'\(output)': expected another file than an input, found an input"
            )
        }
    }
}
