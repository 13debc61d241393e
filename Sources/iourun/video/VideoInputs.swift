import ArgumentParser
import IoURuntime
import IoUVideo

/// The videos that the command line names.
struct VideoInputs {
    let paths: [FilePath]
    let sources: [VideoSource]
    /// What is not there, or empty: a line each.
    let failures: [String]

    /// `nil` where the command line names no video: pictures, folders, or what is neither.
    ///
    /// - Throws: Where it names videos and something else.
    init?(_ arguments: [FilePath]) throws {
        let paths = arguments.flatMap(\.matches)
        let sources = paths.map { $0.status?.kind == .folder ? nil : VideoSource($0) }
        guard let first = sources.firstIndex(where: { $0 != nil }) else { return nil }
        var failures: [String] = []
        for (path, source) in zip(paths, sources) where source == nil {
            guard let lack = VideoInputs.lack(of: path) else {
                throw ValidationError(
                    "expected videos alone, or pictures alone, found '\(paths[first])' and "
                        + "'\(path)'")
            }
            failures.append("'\(path)': expected a video, found \(lack)")
        }
        self.failures = failures
        self.paths = zip(paths, sources).filter { $0.1 != nil }.map(\.0)
        self.sources = sources.compactMap(\.self)
    }

    private static func lack(of path: FilePath) -> String? {
        guard let kind = path.status?.kind else { return "no such file" }
        guard kind == .file else { return nil }
        do throws(IoUError) {
            return try path.read(first: 1).isEmpty ? "an empty file" : nil
        } catch {
            return "a file that cannot be read"
        }
    }
}
