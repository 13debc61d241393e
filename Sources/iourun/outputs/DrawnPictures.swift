import IoURuntime

/// Where the pictures with boxes go.
struct DrawnPictures {
    /// One path for every picture.
    let paths: [FilePath]

    /// A file for one picture; a folder, which is made, for several, for the contents of a folder,
    /// or where `output` is a folder or ends with a slash.
    ///
    /// - Throws: `invalidArgument` where a file would not be PNG by its name; `inputOutput`.
    init(_ output: FilePath, for list: PictureList, isFolder: Bool) throws(IoUError) {
        guard isFolder || output.endsWithSlash || output.status?.kind == .folder else {
            try output.checkWritablePNG()
            paths = [output]
            return
        }
        try output.makeFolder()
        paths = DrawnPictures.names(for: list.pictures).map { output.appending($0) }
    }

    /// The pictures' names, ending in .png; one that stands twice gets a number.
    static func names(for pictures: [FilePath]) -> [FilePath] {
        var taken: Set<FilePath> = []
        return pictures.map { picture in
            let stem = picture.stem.bytes
            var name = FilePath(bytes: stem + Array(".png".utf8))
            var number = 2
            while !taken.insert(name).inserted {
                name = FilePath(bytes: stem + Array("-\(number).png".utf8))
                number += 1
            }
            return name
        }
    }
}
