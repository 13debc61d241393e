internal import Glibc

extension FilePath {
    /// The whole file.
    ///
    /// - Throws: `inputOutput`; `limit` where the file has more than `limit` bytes.
    package func read(limit: Int) throws(IoUError) -> [UInt8] {
        let contents = try read(first: limit < .max ? limit + 1 : limit)
        guard contents.count <= limit else {
            throw IoUError(.limit, "'\(self)': expected at most \(limit) bytes, found more")
        }
        return contents
    }

    /// The first bytes of a file, or all where it has fewer.
    ///
    /// - Throws: `inputOutput`.
    package func read(first most: Int) throws(IoUError) -> [UInt8] {
        let descriptor = withCString { open($0, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw IoUError.system("'\(self)'") }
        defer { close(descriptor) }
        return try FilePath.read(descriptor, first: most, of: "'\(self)'")
    }

    /// The first bytes of an open file, or all where it has fewer; errors begin with `place`.
    static func read(
        _ descriptor: Int32, first most: Int, of place: String
    ) throws(IoUError) -> [UInt8] {
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(most, 1 << 18))
        while contents.count < most {
            let count = Glibc.read(descriptor, &chunk, min(chunk.count, most - contents.count))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw IoUError.system(place) }
            guard count > 0 else { break }
            contents += chunk[..<count]
        }
        return contents
    }

    /// Fails now where ``write(_:)`` could only fail later, after long work.
    package func checkWritable() throws(IoUError) {
        switch status?.kind {
        case .folder: throw IoUError(.inputOutput, "'\(self)': expected a file, found a folder")
        case .other: return
        case .file, nil: break
        }
        guard parent.withCString({ access($0, W_OK | X_OK) }) == 0 else {
            throw IoUError.system("'\(self)'")
        }
    }

    /// Writes a file that appears whole or not at all: beside its name, synced, then renamed.
    ///
    /// A device or a pipe is written to directly, and a symbolic link's target is replaced.
    ///
    /// - Throws: `inputOutput`; an older file is kept.
    package func write(_ contents: [UInt8]) throws(IoUError) {
        try checkWritable()
        guard status?.kind != .other else { return try overwrite(with: contents) }
        let draft = try FileDraft(of: self)
        try draft.write(contents)
        try draft.keep()
    }

    private func overwrite(with contents: [UInt8]) throws(IoUError) {
        let file = withCString { open($0, O_WRONLY | O_CLOEXEC) }
        guard file >= 0 else { throw IoUError.system("'\(self)'") }
        defer { close(file) }
        do throws(IoUError) {
            try FilePath.write(contents, to: file)
        } catch {
            throw IoUError(error.code, "'\(self)': \(error.message)")
        }
    }

    /// Writes all of `contents` to an open file.
    package static func write(_ contents: [UInt8], to file: Int32) throws(IoUError) {
        var rest = contents[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw IoUError.system("cannot be written") }
            rest = rest.dropFirst(count)
        }
    }

    /// The path from the root.
    package var absolute: FilePath {
        guard bytes.first != UInt8(ascii: "/"), let folder = getcwd(nil, 0) else { return self }
        defer { free(folder) }
        return FilePath(bytes: UnsafeRawBufferPointer(start: folder, count: strlen(folder)))
            .appending(self)
    }

    /// The path behind symbolic links, where something is there.
    var resolved: FilePath {
        guard let real = withCString({ realpath($0, nil) }) else { return self }
        defer { free(real) }
        return FilePath(bytes: UnsafeRawBufferPointer(start: real, count: strlen(real)))
    }
}
