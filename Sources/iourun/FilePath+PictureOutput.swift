import IoUConsole
import IoURuntime

extension FilePath {
    /// The name without its folders, with room for other words in the title of a picture.
    var title: String { lastComponent.description.shortened(to: 40).oneLine }

    /// Fails now where ``Image/writePNG(to:)`` could only fail later, after long work.
    ///
    /// - Throws: `invalidArgument` where the file would not be PNG by its name; `inputOutput`.
    func checkWritablePNG() throws(IoUError) {
        guard ImageEncoding(fileExtension: fileExtension) ?? .png == .png, !isOtherPicture else {
            throw IoUError(
                .invalidArgument, "'\(self)': expected a name ending in .png, found another")
        }
        try checkWritableFile()
    }

    /// Fails now where ``Image/write(to:)`` could only fail later, after long work.
    ///
    /// - Throws: `invalidArgument` where the name promises a format that is not written;
    ///   `unsupported` where that was left out of the build; `inputOutput`.
    func checkWritablePicture() throws(IoUError) {
        guard !isOtherPicture else {
            throw IoUError(
                .invalidArgument,
                "'\(self)': expected a name ending in .png, .jpg or .webp, found another")
        }
        if let encoding = ImageEncoding(fileExtension: fileExtension) {
            _ = try Image(width: 1, height: 1, pixels: [0, 0, 0]).encoded(as: encoding)
        }
        try checkWritableFile()
    }

    /// Whether the name promises a format of pictures that is only read, or not even that.
    private var isOtherPicture: Bool {
        ["tif", "tiff", "bmp", "gif", "avif", "heic", "jxl", "ppm"].contains(fileExtension)
    }

    private func checkWritableFile() throws(IoUError) {
        guard status?.kind != .other else {
            throw IoUError(.inputOutput, "'\(self)': expected a file, found another kind")
        }
        try checkWritable()
    }
}
