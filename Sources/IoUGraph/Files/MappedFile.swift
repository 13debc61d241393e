import Glibc

/// A file in memory, read by the system when it is looked at.
///
/// The file must not shrink while it is mapped; tools that replace it by renaming are harmless.
public final class MappedFile: Sendable {
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

    /// Maps the file at `path`.
    public init(path: String) throws(GraphError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("cannot open '\(path)'") }
        defer { close(descriptor) }
        bytes = try Self.map(descriptor, path)
    }

    private static func map(
        _ descriptor: Int32, _ path: String
    ) throws(GraphError) -> UnsafeRawBufferPointer {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("cannot read '\(path)'") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw GraphError(.inputOutput, "cannot read '\(path)': not a regular file")
        }
        let size = Int(status.st_size)
        if size == 0 { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let start, start != MAP_FAILED else { throw .system("cannot map '\(path)'") }
        return UnsafeRawBufferPointer(start: start, count: size)
    }

    deinit {
        if let start = bytes.baseAddress {
            munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
        }
    }

    public var count: Int { bytes.count }
}

extension GraphError {
    /// What the system says of its last failure.
    static func system(_ what: String) -> GraphError {
        GraphError(.inputOutput, "\(what): \(String(cString: strerror(errno)))")
    }
}
