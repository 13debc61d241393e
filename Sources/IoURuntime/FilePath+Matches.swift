internal import Glibc

extension FilePath {
    /// The files that the path matches, sorted, if it is a pattern and names no file itself.
    package var matches: [FilePath] {
        guard status == nil, bytes.contains(where: { "*?[".utf8.contains($0) }) else {
            return [self]
        }
        var found = glob_t()
        defer { globfree(&found) }
        let status = withCString { glob($0, 0, nil, &found) }
        guard status == 0, let paths = found.gl_pathv else { return [self] }
        return (0..<Int(found.gl_pathc)).compactMap { number in
            paths[number].map {
                FilePath(bytes: UnsafeRawBufferPointer(start: $0, count: strlen($0)))
            }
        }
    }
}
