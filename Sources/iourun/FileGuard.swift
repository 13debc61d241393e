import IoURuntime
import Synchronization

/// Knows the files that are read and those that will be written, so that no result is written over
/// one of them.
final class FileGuard: Sendable {
    private let inputs: Set<FilePath.Status.Identity>
    private let outputs = Mutex(Outputs())

    private struct Outputs: Sendable {
        var there: Set<FilePath.Status.Identity> = []
        var new: Set<Place> = []
    }

    /// Where a file will be that is not there yet.
    private struct Place: Hashable, Sendable {
        let folder: FilePath.Status.Identity?
        let name: FilePath

        init(_ path: FilePath) {
            folder = path.parent.status?.identity
            name = path.lastComponent
        }
    }

    init(_ inputs: [FilePath]) {
        self.inputs = Set(inputs.compactMap { $0.status?.identity })
    }

    /// To be called once for each output.
    ///
    /// - Throws: `invalidArgument` where `output` is an input or another output under any name.
    func check(_ output: FilePath) throws(IoUError) {
        guard let status = output.status else {
            let place = Place(output)
            return try expectNew(outputs.withLock { $0.new.insert(place).inserted }, output)
        }
        guard status.kind == .file else { return }
        guard !inputs.contains(status.identity) else {
            throw IoUError(
                .invalidArgument, "'\(output)': expected another file than an input, found an input"
            )
        }
        let identity = status.identity
        try expectNew(outputs.withLock { $0.there.insert(identity).inserted }, output)
    }

    private func expectNew(_ isNew: Bool, _ output: FilePath) throws(IoUError) {
        guard isNew else {
            throw IoUError(
                .invalidArgument, "'\(output)': expected a file for each output, found one for two")
        }
    }
}
