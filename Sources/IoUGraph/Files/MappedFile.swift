import Glibc

/// A file in memory, read by the system when it is looked at.
///
/// The file must not shrink while it is mapped; tools that replace it by renaming are harmless.
public final class MappedFile: Sendable {
    nonisolated(unsafe) let bytes: UnsafeRawBufferPointer
    let identity: Identity

    /// Which file it is, whatever its names.
    struct Identity: Sendable {
        let device: UInt64
        let inode: UInt64
    }

    /// Maps the file at `path`; on demand only where it is no symbolic link.
    public init(path: String, refusingLinks: Bool = false) throws(GraphError) {
        // Without O_NONBLOCK, opening a pipe would wait for a writer.
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | (refusingLinks ? O_NOFOLLOW : 0)
        let descriptor = open(path, flags)
        guard descriptor >= 0 else {
            if refusingLinks && errno == ELOOP {
                throw GraphError(
                    .inputOutput, "'\(path)': it is a symbolic link, and the options refuse these")
            }
            throw .system("cannot open '\(path)'")
        }
        defer { close(descriptor) }
        (bytes, identity) = try Self.map(descriptor, path)
    }

    private static func map(
        _ descriptor: Int32, _ path: String
    ) throws(GraphError) -> (UnsafeRawBufferPointer, Identity) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("cannot read '\(path)'") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw GraphError(.inputOutput, "cannot read '\(path)': not a regular file")
        }
        let identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        let size = Int(status.st_size)
        if size == 0 { return (UnsafeRawBufferPointer(start: nil, count: 0), identity) }
        let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0)
        guard let start, start != MAP_FAILED else { throw .system("cannot map '\(path)'") }
        return (UnsafeRawBufferPointer(start: start, count: size), identity)
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
