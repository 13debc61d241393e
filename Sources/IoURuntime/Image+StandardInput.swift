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
        var contents: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = Glibc.read(STDIN_FILENO, &part, part.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw IoUError.system("standard input") }
            guard count > 0 else { return contents }
            contents += part[..<count]
            guard contents.count <= limit else {
                throw IoUError(
                    .limit, "standard input: expected at most \(limit) bytes, found more")
            }
        }
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
