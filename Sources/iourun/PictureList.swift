import IoURuntime

/// The pictures that the command line names: files as they are, folders by their contents.
struct PictureList {
    private(set) var pictures: [FilePath] = []

    /// One error for every folder without pictures.
    private(set) var failures: [IoUError] = []

    private static let extensions: Set = ["png", "jpg", "jpeg"]

    init(_ paths: [FilePath]) {
        for path in paths {
            guard path.status?.kind == .folder else {
                pictures.append(path)
                continue
            }
            do throws(IoUError) {
                pictures += try PictureList.contents(of: path)
            } catch {
                failures.append(error)
            }
        }
    }

    /// PNG and JPEG files by their names, sorted; folders in the folder are left alone.
    private static func contents(of folder: FilePath) throws(IoUError) -> [FilePath] {
        let files = try folder.visibleNames()
            .filter { extensions.contains($0.fileExtension) }
            .map { folder.appending($0) }
            .filter { $0.status?.kind != .folder }
        guard !files.isEmpty else {
            throw IoUError(
                .badImage, "folder '\(folder)': wanted .png, .jpg or .jpeg files, found none")
        }
        return files
    }
}
