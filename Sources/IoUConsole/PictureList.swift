package import IoURuntime

/// The pictures that the command line names: files as they are, folders by their contents.
package struct PictureList {
    package private(set) var pictures: [FilePath] = []

    /// One error for every folder without pictures.
    package private(set) var failures: [IoUError] = []

    /// One line for every folder with something else besides pictures.
    package private(set) var remarks: [String] = []

    /// Whether the command line names one file, and no folder.
    package let isOneFile: Bool

    package init(_ paths: [FilePath]) {
        isOneFile = paths.count == 1 && paths[0].status?.kind != .folder
        for path in paths {
            guard path.status?.kind == .folder else {
                pictures.append(path)
                continue
            }
            do throws(IoUError) {
                try append(contentsOf: path)
            } catch {
                failures.append(error)
            }
        }
    }

    /// PNG and JPEG files by their names, sorted; folders in the folder are left alone.
    private mutating func append(contentsOf folder: FilePath) throws(IoUError) {
        var skipped = SkippedFiles()
        let before = pictures.count
        for name in try folder.visibleNames() {
            let path = folder.appending(name)
            if path.status?.kind == .folder {
                skipped.folders += 1
            } else if path.isPicture {
                pictures.append(path)
            } else {
                skipped.append(name)
            }
        }
        guard pictures.count > before else {
            throw IoUError(
                .badImage,
                "folder '\(folder)': expected PNG or JPEG files, found none"
                    + (skipped.text.map { "; \($0)" } ?? ""))
        }
        if let text = skipped.text { remarks.append("folder '\(folder)': \(text)") }
    }
}
