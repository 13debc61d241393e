internal import IoURuntime

/// The picture files of a YOLO data set's folders and lists.
struct YOLOPictures {
    private(set) var files: [FilePath] = []
    private(set) var lists: [FilePath] = []
    private var visited: Set<FilePath.Status.Identity> = []

    /// - Throws: `badData` where there are none; `inputOutput`.
    init(_ places: [FilePath]) throws(IoUError) {
        for place in places {
            if place.status?.kind == .folder {
                try append(contentsOf: place)
            } else {
                try append(listedIn: place)
            }
        }
        guard !files.isEmpty else {
            let named = places.map { "'\($0)'" }.joined(separator: ", ")
            throw IoUError(.badData, "\(named): expected pictures (\(Image.formats)), found none")
        }
    }

    /// In the order of their names, folders in the folder too. One that links lead back to is
    /// visited once.
    private mutating func append(contentsOf folder: FilePath) throws(IoUError) {
        if let identity = folder.status?.identity, !visited.insert(identity).inserted { return }
        for name in try folder.visibleNames() {
            let path = folder.appending(name)
            if path.status?.kind == .folder {
                try append(contentsOf: path)
            } else if path.isPicture {
                files.append(path)
            }
        }
    }

    /// A file with a picture's path in each line, from its own folder or the root.
    private mutating func append(listedIn list: FilePath) throws(IoUError) {
        guard list.status?.kind == .file else {
            throw IoUError(
                .inputOutput,
                "'\(list)': expected a folder or a list of pictures, found another kind")
        }
        lists.append(list)
        for (number, line) in try list.read(limit: 1 << 28).lines.enumerated() {
            var path = line.drop { $0 == 0x20 || $0 == 0x09 }
            while let last = path.last, [0x20, 0x09, 0x0D].contains(last) { path.removeLast() }
            guard !path.isEmpty else { continue }
            let file = FilePath(bytes: path).below(list.parent)
            guard file.status?.kind == .file else {
                throw IoUError(
                    .inputOutput,
                    "'\(list)': line \(number + 1): expected a picture '\(file)', found none")
            }
            files.append(file)
        }
    }
}

extension FilePath {
    /// Where YOLO's trainers look for a picture's labels: in "labels" for the last "images" among
    /// its folders, else beside it.
    var yoloLabels: FilePath {
        let name = FilePath(bytes: stem.bytes + Array(".txt".utf8))
        var folders = parent.absolute.bytes.split(separator: UInt8(ascii: "/"))
        if let last = folders.lastIndex(where: { $0.elementsEqual("images".utf8) }) {
            folders[last] = ArraySlice("labels".utf8)
        }
        return FilePath(bytes: folders.flatMap { [UInt8(ascii: "/")] + $0 }).appending(name)
    }
}
