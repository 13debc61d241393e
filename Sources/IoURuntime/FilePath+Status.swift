internal import Glibc

extension FilePath {
    /// What is at a path.
    package struct Status: Hashable, Sendable {
        package enum Kind: Sendable { case file, folder, other }

        package let kind: Kind

        /// Bytes of a file.
        package let size: Int

        /// Two paths with one identity are one file.
        package let identity: Identity

        package struct Identity: Hashable, Sendable {
            let device: UInt64
            let inode: UInt64
        }
    }

    /// `nil` where nothing is at the path, or it cannot be looked at.
    package var status: Status? {
        var info = stat()
        guard withCString({ stat($0, &info) }) == 0 else { return nil }
        let kind: Status.Kind =
            switch info.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .folder
            default: .other
            }
        let identity = Status.Identity(device: UInt64(info.st_dev), inode: UInt64(info.st_ino))
        return Status(kind: kind, size: Int(info.st_size), identity: identity)
    }

    /// The names in a folder, sorted by their bytes, without those that begin with a dot.
    package func visibleNames() throws(IoUError) -> [FilePath] {
        guard let folder = withCString({ opendir($0) }) else {
            throw IoUError.system("folder '\(self)'")
        }
        defer { closedir(folder) }
        var names: [FilePath] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { FilePath(bytes: $0) }
            if name.bytes.first != UInt8(ascii: ".") { names.append(name) }
        }
        return names.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    }

    /// Makes the folder and those above it, where they are missing.
    package func makeFolder() throws(IoUError) {
        if let status {
            guard status.kind == .folder else {
                throw IoUError(.inputOutput, "'\(self)': expected a folder, found a file")
            }
            return
        }
        let above = parent
        if above != self, above.status == nil { try above.makeFolder() }
        guard withCString({ mkdir($0, 0o777) }) == 0 || errno == EEXIST else {
            throw IoUError.system("folder '\(self)'")
        }
    }
}

extension IoUError {
    /// What the system said last, with the place where it happened.
    package static func system(_ place: String, _ number: Int32 = errno) -> IoUError {
        let reason = String(cString: strerror(number))
        let words = reason.prefix(1).lowercased() + reason.dropFirst()
        return IoUError(.inputOutput, "\(place): \(words)")
    }
}
