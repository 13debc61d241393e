internal import CIoU
internal import CIoUVideo
package import IoURuntime

/// A video file that appears whole or not at all. It serves one thread at a time.
package final class VideoWriter: @unchecked Sendable {
    private let path: FilePath
    private let facts: VideoFacts
    private let step: Int
    private let draft: FileDraft
    private var handle: OpaquePointer?

    /// Nothing but the draft is there before the first frame, whose sides are the video's.
    ///
    /// - Parameter step: Every how many frames of `facts` are written.
    /// - Throws: `inputOutput`; `invalidArgument` for another ending.
    package init(_ path: FilePath, _ facts: VideoFacts, step: Int) throws(IoUError) {
        try VideoWriter.check(path)
        self.path = path
        self.facts = facts
        self.step = step
        draft = try FileDraft(of: path)
    }

    deinit {
        iou_video_writer_close(handle)
    }

    /// Fails now where ``init(_:_:step:)`` could only fail later, after long work.
    ///
    /// - Throws: `invalidArgument` for an ending that no video has; `inputOutput`.
    package static func check(_ path: FilePath) throws(IoUError) {
        try named(path) { iou_video_check_ending(path.fileExtension, $0) }
        guard path.status?.kind != .other else {
            throw IoUError(.inputOutput, "'\(path)': expected a file, found another kind")
        }
        try path.checkWritable()
    }

    /// Appends a frame.
    package func write(_ image: Image, at place: FramePlace) throws(IoUError) {
        let writer: OpaquePointer
        if let handle { writer = handle } else { writer = try open(image) }
        do throws(IoUError) {
            try image.withPixels { iou_video_write(writer, $0, Int64(place.time), $1) }
        } catch {
            throw IoUError(error.code, "'\(path)': frame \(place.index): \(error.message)")
        }
    }

    /// Ends the video and gives it its name; there is no file where there was no frame.
    package func finish() throws(IoUError) {
        guard let handle else { return }
        try VideoWriter.named(path) { iou_video_writer_finish(handle, $0) }
        try draft.keep()
    }

    private func open(_ image: Image) throws(IoUError) -> OpaquePointer {
        var facts = facts.with(width: image.width, height: image.height, step: step)
        var writer: OpaquePointer?
        try VideoWriter.named(path) {
            iou_video_writer_open(&writer, draft.descriptor, path.fileExtension, &facts, $0)
        }
        guard let writer else { preconditionFailure("a video was begun without a writer") }
        handle = writer
        return writer
    }

    private static func named(
        _ path: FilePath, _ call: (UnsafeMutablePointer<iou_error>) -> iou_status
    ) throws(IoUError) {
        do throws(IoUError) {
            try IoUError.check(call)
        } catch {
            throw IoUError(error.code, "'\(path)': \(error.message)")
        }
    }
}
