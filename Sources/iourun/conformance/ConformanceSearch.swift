import IoURuntime

/// The cases that the command line names.
struct ConformanceSearch {
    private(set) var cases: [ConformanceCase] = []

    /// One for every folder without cases.
    private(set) var failures: [IoUError] = []

    /// Links may lead back to a folder above, and searches end here.
    private static let deepest = 16

    init(_ folders: [FilePath]) {
        for folder in folders {
            let before = cases.count
            do throws(IoUError) {
                try search(folder, depth: 0)
                guard cases.count > before else {
                    throw IoUError(
                        .inputOutput,
                        "folder '\(folder)': expected a case, a folder with model.onnx, found none")
                }
            } catch {
                failures.append(error)
            }
        }
    }

    /// What is below a case belongs to it.
    private mutating func search(_ folder: FilePath, depth: Int) throws(IoUError) {
        let one = ConformanceCase(folder)
        if one.isThere { return cases.append(one) }
        for name in try folder.visibleNames() {
            let path = folder.appending(name)
            guard depth < Self.deepest, path.status?.kind == .folder else { continue }
            try search(path, depth: depth + 1)
        }
    }
}
