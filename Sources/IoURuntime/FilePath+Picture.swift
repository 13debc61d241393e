extension FilePath {
    /// Whether a file is there to be read as a picture.
    ///
    /// By the ending where it promises one, so that a broken picture is missed; by the first bytes
    /// where there is no ending, or one that other programs give to other files.
    package var isPicture: Bool {
        switch fileExtension {
        case "png", "jpg", "jpeg": true
        case "", "jpe", "jfif", "jif", "jfi", "pjpeg", "pjp": beginsLikePicture
        default: false
        }
    }

    /// Whether the file begins as PNG or JPEG files do; false where it cannot be read.
    private var beginsLikePicture: Bool {
        guard status?.kind == .file, let start = try? read(first: 8) else { return false }
        return start == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            || start.starts(with: [0xFF, 0xD8, 0xFF])
    }
}
