internal import CIoU
internal import CIoUImage
internal import CIoUVideo
package import IoURuntime

/// The frames of a video, in order. It serves one thread at a time.
package final class VideoReader: @unchecked Sendable {
    package let facts: VideoFacts

    private let handle: OpaquePointer

    /// What the reader reads from; it stays open as long.
    private let source: VideoSource

    /// - Throws: `badImage` where there are no frames; `unsupported` for a codec that FFmpeg lacks, a
    ///   playlist, or where FFmpeg is missing; `limit`; `inputOutput`.
    package init(_ source: VideoSource) throws(IoUError) {
        var reader: OpaquePointer?
        try IoUError.check { error in
            source.name.withCString { name in
                if let descriptor = source.descriptor {
                    iou_video_open_file(&reader, descriptor, name, nil, error)
                } else {
                    iou_video_open_address(&reader, name, nil, error)
                }
            }
        }
        guard let reader else { preconditionFailure("a video was opened without a reader") }
        self.source = source
        handle = reader
        facts = VideoFacts(iou_video_reader_facts(reader))
    }

    deinit {
        iou_video_reader_close(handle)
    }

    /// The next frame whose index is a multiple of `step`; `nil` at the end.
    ///
    /// - Throws: At the end, where frames were damaged or the file ends before its header says; what
    ///   came before is good.
    package func next(step: Int) throws(IoUError) -> VideoFrame? {
        var pixels = iou_pixels()
        var frame = iou_video_frame()
        try IoUError.check {
            iou_video_next(handle, Int32(clamping: step), &pixels, &frame, $0)
        }
        guard pixels.data != nil else { return nil }
        return VideoFrame(
            image: try Image(owning: pixels),
            place: FramePlace(
                index: Int(frame.index), time: Int(frame.time), seconds: frame.seconds))
    }

    /// From now on SIGINT and SIGTERM end readers, so that what they read is kept.
    package static func endOnSignals() {
        iou_video_end_on_signals()
    }

    /// Whether such a signal has come.
    package static var isEnded: Bool { iou_video_is_ended() }
}
