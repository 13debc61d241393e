internal import IoURuntime

/// Finds the files of annotated pictures in a folder.
struct PictureSearch {
    private let folder: FilePath

    /// What lies in the folder, by names without endings, and by the same in lower case.
    private var byName: [FilePath: [FilePath]] = [:]
    private var byLowerName: [String: [FilePath]] = [:]

    /// File names that several pictures claim, and that say nothing of any of them.
    private let shared: Set<String>

    init(for pictures: [GroundTruth.Picture], in folder: FilePath) throws(IoUError) {
        self.folder = folder
        shared = pictures.sharedFileNames
        guard pictures.contains(where: { $0.xmlName != nil }) else { return }
        for name in try folder.visibleNames() {
            byName[name.stem, default: []].append(folder.appending(name))
            byLowerName[name.stem.lowerCase, default: []].append(folder.appending(name))
        }
    }

    /// By the first rule that leads to a picture; several where that rule cannot choose.
    func files(of picture: GroundTruth.Picture) -> [FilePath] {
        let name = picture.fileName.flatMap { shared.contains($0) ? nil : $0 }
        if let name, let file = named(name) { return [file] }
        guard let own = picture.xmlName else { return [] }
        let bare = name.map { FilePath($0.afterLastSlash).stem.lowerCase }
        for found in [byName[own], bare.flatMap { byLowerName[$0] }, byLowerName[own.lowerCase]] {
            let pictures = (found ?? []).filter { $0.status?.kind == .file && $0.isPicture }
            if !pictures.isEmpty { return pictures }
        }
        return []
    }

    /// The name as it is, then without its folders, be they written as here or as on Windows.
    private func named(_ name: String) -> FilePath? {
        [FilePath(name), FilePath(name).lastComponent, FilePath(name.afterLastSlash)]
            .map { folder.appending($0) }
            .first { $0.status?.kind == .file }
    }

    /// For an error.
    func expected(for picture: GroundTruth.Picture) -> String {
        guard let own = picture.xmlName else {
            return "a file '\(folder.appending(picture.fileName ?? ""))'"
        }
        let name = picture.fileName.map { " '\($0)' or" } ?? ""
        return "a picture\(name) '\(own)' with the ending of one in '\(folder)'"
    }
}

extension [GroundTruth.Picture] {
    /// The file names that more than one picture has.
    var sharedFileNames: Set<String> {
        var seen: Set<String> = []
        return Set(compactMap(\.fileName).filter { !seen.insert($0).inserted })
    }
}

extension FilePath {
    fileprivate var lowerCase: String { description.lowercased() }
}

extension String {
    /// Behind the last slash, of either kind.
    fileprivate var afterLastSlash: String {
        String(split { $0 == "/" || $0 == "\\" }.last ?? "")
    }
}
