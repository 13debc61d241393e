import ArgumentParser
import IoURuntime
import IoUVideo

/// The videos that the command line names.
struct VideoInputs {
    let paths: [FilePath]
    let sources: [VideoSource]

    /// `nil` where the command line names no video: pictures, folders, or what is neither.
    ///
    /// - Throws: Where it names videos and something else.
    init?(_ arguments: [FilePath]) throws {
        let paths = arguments.flatMap(\.matches)
        let sources = paths.map { $0.status?.kind == .folder ? nil : VideoSource($0) }
        guard let first = sources.firstIndex(where: { $0 != nil }) else { return nil }
        if let other = sources.firstIndex(where: { $0 == nil }) {
            throw ValidationError(
                "expected videos alone, or pictures alone, found '\(paths[first])' and "
                    + "'\(paths[other])'")
        }
        self.paths = paths
        self.sources = sources.compactMap(\.self)
    }
}
