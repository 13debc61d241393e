package import IoURuntime

/// The pictures that the command line names: files as they are, "-" for standard input, folders by
/// their contents, and what patterns such as "night/*.jpg" match that the shell has left alone.
package struct PictureList {
    package private(set) var pictures: [FilePath] = []

    /// The same, with the file that standard input may be.
    package var files: [FilePath] {
        pictures.map { $0.isStandardInput ? FilePath("/dev/stdin") : $0 }
    }

    /// One error for every folder without pictures.
    package private(set) var failures: [IoUError] = []

    /// One line for every folder with something else besides pictures.
    package private(set) var remarks: [String] = []

    /// Whether the command line names one file, and no folder.
    package let isOneFile: Bool

    /// - Parameter isRecursive: Whether folders in folders are looked into.
    package init(_ paths: [FilePath], isRecursive: Bool = false) {
        let all = paths.flatMap(\.matches)
        isOneFile = paths.count == 1 && all == paths && paths[0].status?.kind != .folder
        for path in all {
            guard path.status?.kind == .folder else {
                pictures.append(path)
                continue
            }
            do throws(IoUError) {
                try append(contentsOf: path, isRecursive)
            } catch {
                failures.append(error)
            }
        }
    }

    private mutating func append(
        contentsOf folder: FilePath, _ isRecursive: Bool
    ) throws(IoUError) {
        var skipped = SkippedFiles()
        var visited: Set<FilePath.Status.Identity> = []
        let before = pictures.count
        try append(contentsOf: folder, isRecursive, &visited, &skipped)
        guard pictures.count > before else {
            throw IoUError(
                .badImage,
                "folder '\(folder)': expected pictures (\(Image.formats)), found none"
                    + (skipped.text.map { "; \($0)" } ?? ""))
        }
        if let text = skipped.text { remarks.append("folder '\(folder)': \(text)") }
    }

    /// Pictures by their names, sorted; folders in the folder where they stand among these. A folder
    /// that links lead back to is visited once.
    private mutating func append(
        contentsOf folder: FilePath, _ isRecursive: Bool,
        _ visited: inout Set<FilePath.Status.Identity>, _ skipped: inout SkippedFiles
    ) throws(IoUError) {
        if let identity = folder.status?.identity, !visited.insert(identity).inserted { return }
        for name in try folder.visibleNames() {
            let path = folder.appending(name)
            if path.status?.kind == .folder {
                guard isRecursive else {
                    skipped.folders += 1
                    continue
                }
                do throws(IoUError) {
                    try append(contentsOf: path, true, &visited, &skipped)
                } catch {
                    failures.append(error)
                }
            } else if path.isPicture {
                pictures.append(path)
            } else {
                skipped.append(name)
            }
        }
    }
}
