import Glibc
import IoURuntime

/// Where results go.
enum StandardOutput {
    /// Writes all of `text`. Where the reader has gone, the tool ends quietly: nobody wants more.
    static func write(_ text: String) throws(IoUError) {
        do throws(IoUError) {
            try FilePath.write(Array(text.utf8), to: STDOUT_FILENO)
        } catch {
            if errno == EPIPE || errno == EBADF { exit(1) }
            throw IoUError(error.code, "standard output: \(error.message)")
        }
    }
}
