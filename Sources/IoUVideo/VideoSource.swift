internal import CIoUVideo
internal import Glibc
package import IoURuntime

/// A video that the command line names: a file, a pipe, a network address or a camera.
package final class VideoSource: Sendable {
    /// As it was given.
    package let name: FilePath

    /// Of a file or a pipe; `nil` for what FFmpeg opens by its name.
    let descriptor: Int32?

    /// The kinds of videos that the tools take: "FFmpeg 5", or "none".
    package static var part: String { String(cString: iou_video_part()) }

    private init(_ name: FilePath, _ descriptor: Int32?) {
        self.name = name
        self.descriptor = descriptor
    }

    deinit {
        if let descriptor, descriptor != STDIN_FILENO { close(descriptor) }
    }

    /// Looks whether `path` names a video, by its first bytes; of a pipe these stay in it. `nil`: it
    /// names something else, or nothing.
    package convenience init?(_ path: FilePath) {
        if path.isVideoAddress || path.isCamera {
            self.init(path, nil)
            return
        }
        let descriptor = path.isStandardInput ? STDIN_FILENO : path.openToRead()
        guard descriptor >= 0 else { return nil }
        var start = [UInt8](repeating: 0, count: 4096)
        start.removeLast(start.count - iou_video_peek(descriptor, &start, start.count))
        guard !FilePath.isPicture(start), iou_video_begins(start, start.count) else {
            if descriptor != STDIN_FILENO, !VideoSource.isPipe(descriptor) { close(descriptor) }
            // Whoever writes to a pipe goes when nobody holds its other end.
            return nil
        }
        self.init(path, descriptor)
    }

    private static func isPipe(_ descriptor: Int32) -> Bool {
        var info = stat()
        return fstat(descriptor, &info) == 0 && info.st_mode & S_IFMT == S_IFIFO
    }
}

extension FilePath {
    /// Whether the path is an address that FFmpeg may open, and names no file.
    fileprivate var isVideoAddress: Bool {
        let schemes = [
            "rtsp", "rtsps", "rtmp", "rtmps", "http", "https", "udp", "tcp", "srt", "rtp",
        ]
        let scheme = bytes.prefix { $0 != UInt8(ascii: ":") }
        return bytes.dropFirst(scheme.count).starts(with: "://".utf8)
            && schemes.contains(String(decoding: scheme, as: UTF8.self).lowercased())
            && status == nil
    }

    fileprivate var isCamera: Bool {
        bytes.starts(with: "/dev/video".utf8) && status?.kind == .other
    }

    /// Does not wait for a writer of a pipe; one that nobody has opened is empty.
    fileprivate func openToRead() -> Int32 {
        withCString { open($0, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) }
    }

    /// The same signatures as those of the decoders.
    fileprivate static func isPicture(_ start: [UInt8]) -> Bool {
        beginsLikePicture(start) || start.starts(with: "BM".utf8)
    }
}
