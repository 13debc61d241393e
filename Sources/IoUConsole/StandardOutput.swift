import Glibc
package import IoURuntime

/// Where results go.
package enum StandardOutput {
    /// Keeps files that are opened later from taking the number of a stream that is closed:
    /// results would be written into them. What is opened here cannot be written.
    package static func reserve() {
        for stream in STDIN_FILENO...STDERR_FILENO where fcntl(stream, F_GETFD) == -1 {
            _ = open("/dev/null", O_RDONLY)
        }
    }

    /// Writes all of `text`. Where the reader has gone, the tool ends quietly: nobody wants more.
    package static func write(_ text: String) throws(IoUError) {
        do throws(IoUError) {
            try FilePath.write(Array(text.utf8), to: STDOUT_FILENO)
        } catch {
            if errno == EPIPE || errno == EBADF { exit(1) }
            throw IoUError(error.code, "standard output: \(error.message)")
        }
    }
}
