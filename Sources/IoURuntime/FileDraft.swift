internal import Glibc
internal import Synchronization

/// A file that grows beside its name, and appears under it only when it is complete.
///
/// A draft that is given up before ``keep()`` leaves nothing behind, and an older file is kept.
package final class FileDraft: Sendable {
    /// Open for reading and writing.
    package let descriptor: Int32

    private let path: FilePath
    private let draft: FilePath
    private let target: FilePath
    private let isKept = Atomic(false)
    private let isCut = Atomic(false)

    /// Of the drafts of this process.
    private static let count = Atomic<Int>(0)

    /// - Parameter path: Where the file will be; of a symbolic link its target.
    /// - Throws: `inputOutput`.
    package init(of path: FilePath) throws(IoUError) {
        self.path = path
        target = path.resolved
        // The longest name that the system takes has no room for an ending.
        let number = FileDraft.count.wrappingAdd(1, ordering: .relaxed).newValue
        draft = target.parent.appending(".iou-\(getpid())-\(number).tmp")
        let flags = O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC
        descriptor = draft.withCString { open($0, flags, 0o666) }
        guard descriptor >= 0 else { throw IoUError.system("'\(path)': cannot be created") }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if !isKept.load(ordering: .relaxed), descriptor >= 0 {
            _ = draft.withCString { unlink($0) }
        }
    }

    /// Appends to the draft.
    ///
    /// - Throws: `inputOutput`.
    package func write(_ contents: [UInt8]) throws(IoUError) {
        do throws(IoUError) {
            try FilePath.write(contents, to: descriptor)
        } catch {
            isCut.store(true, ordering: .relaxed)
            throw IoUError(error.code, "'\(path)': \(error.message)")
        }
    }

    /// Gives the draft its name, once what it holds is on the disk.
    ///
    /// - Throws: `inputOutput`.
    package func keep() throws(IoUError) {
        guard !isCut.load(ordering: .relaxed) else {
            throw IoUError(.inputOutput, "'\(path)': could not be written whole")
        }
        guard fsync(descriptor) == 0 else {
            throw IoUError.system("'\(path)': cannot be synced")
        }
        let renamed = draft.withCString { old in target.withCString { rename(old, $0) } }
        guard renamed == 0 else { throw IoUError.system("'\(path)': cannot be renamed") }
        isKept.store(true, ordering: .relaxed)
    }
}
