extension FilePath {
    /// Whether a file is there to be read as a picture.
    ///
    /// By the ending where it promises one, so that a broken picture is missed; by the first bytes
    /// where there is no ending, or one that other programs give to other files.
    package var isPicture: Bool {
        guard status?.kind == .file else { return false }
        return switch fileExtension {
        case "png", "jpg", "jpeg", "webp", "tif", "tiff", "bmp", "gif": true
        case "", "jpe", "jfif", "jif", "jfi", "pjpeg", "pjp": beginsLikePicture
        default: false
        }
    }

    /// Whether the file begins as pictures do; false where it cannot be read. The two letters of BMP
    /// say too little.
    private var beginsLikePicture: Bool {
        guard let start = try? read(first: 12) else { return false }
        return FilePath.beginsLikePicture(start)
    }

    /// Whether these first bytes of a file are those of a picture, see above.
    package static func beginsLikePicture(_ start: [UInt8]) -> Bool {
        start.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
            || start.starts(with: [0xFF, 0xD8, 0xFF]) || start.starts(with: "GIF8".utf8)
            || start.starts(with: [0x49, 0x49, 0x2A, 0])
            || start.starts(with: [0x4D, 0x4D, 0, 0x2A])
            || start.starts(with: "RIFF".utf8) && start.dropFirst(8).elementsEqual("WEBP".utf8)
    }
}
