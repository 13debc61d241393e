import Glibc

/// A file that appears under its name only when it is complete.
///
/// Bytes go to a temporary file beside it, which `commit` flushes to the disk and renames; without
/// `commit` it is removed.
public struct AtomicFile: ~Copyable {
    private let path: String
    /// Where the bytes are before they are committed.
    public let draft: String
    private let descriptor: Int32

    /// Creates the temporary file in the folder of `path`.
    public init(path: String) throws(GraphError) {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            throw GraphError(.inputOutput, "cannot write '\(path)': not a regular file")
        }
        // A short name: the longest that the system takes has no room for an ending.
        var template = Array("\(ModelPath(path).folder)/.iou-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw .system("cannot write '\(path)'") }
        self.path = path
        self.draft = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
        unlink(draft)
    }

    /// Appends bytes.
    public borrowing func write(_ bytes: UnsafeRawBufferPointer) throws(GraphError) {
        var rest = bytes[...]
        while let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
            let written = Glibc.write(descriptor, start, rest.count)
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw .system("cannot write '\(path)'") }
            rest = rest.dropFirst(written)
        }
    }

    /// Flushes the file and gives it its name, readable as the process's mask says.
    public consuming func commit() throws(GraphError) {
        let mask = umask(0)
        umask(mask)
        guard fchmod(descriptor, 0o666 & ~mask) == 0, fsync(descriptor) == 0 else {
            throw .system("cannot write '\(path)'")
        }
        guard Glibc.rename(draft, path) == 0 else { throw .system("cannot write '\(path)'") }
    }
}
