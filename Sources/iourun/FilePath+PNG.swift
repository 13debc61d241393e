import IoUConsole
import IoURuntime

extension FilePath {
    /// The name without its folders, with room for other words in the title of a picture.
    var title: String { lastComponent.description.shortened(to: 40).oneLine }

    /// Fails now where ``Image/writePNG(to:)`` could only fail later, after long work.
    ///
    /// - Throws: `invalidArgument` where the file would not be PNG by its name; `inputOutput`.
    func checkWritablePNG() throws(IoUError) {
        guard !["jpg", "jpeg"].contains(fileExtension) else {
            throw IoUError(
                .invalidArgument, "'\(self)': expected a name ending in .png, found another")
        }
        guard status?.kind != .other else {
            throw IoUError(.inputOutput, "'\(self)': expected a file, found another kind")
        }
        try checkWritable()
    }
}
