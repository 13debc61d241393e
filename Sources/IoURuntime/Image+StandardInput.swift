internal import Glibc

extension FilePath {
    /// Whether the path is "-".
    package var isStandardInput: Bool { bytes == [UInt8(ascii: "-")] }

    /// What standard input has, whatever it is: a file, a pipe, a socket.
    fileprivate static func readStandardInput(limit: Int) throws(IoUError) -> [UInt8] {
        var info = stat()
        guard fstat(STDIN_FILENO, &info) == 0 else { throw IoUError.system("standard input") }
        guard info.st_mode & S_IFMT != S_IFCHR else {
            throw IoUError(
                .inputOutput, "standard input: expected a picture, found a character device")
        }
        let contents = try read(STDIN_FILENO, first: limit + 1, of: "standard input")
        guard contents.count <= limit else {
            throw IoUError(.limit, "standard input: expected at most \(limit) bytes, found more")
        }
        return contents
    }
}

extension Image {
    /// The picture that standard input has, of at most 1 GiB.
    ///
    /// - Throws: As ``init(path:limits:)``.
    package static func fromStandardInput() throws(IoUError) -> Image {
        let contents = try FilePath.readStandardInput(limit: 1 << 30)
        do throws(IoUError) {
            return try Image(decoding: contents)
        } catch {
            throw IoUError(error.code, "standard input: \(error.message)")
        }
    }
}
