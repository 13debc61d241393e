import Dispatch
import IoURuntime
import IoUVideo

/// Where the frames of a video come from.
protocol FrameSource {
    /// `nil`: the end.
    func next() throws(IoUError) -> VideoFrame?
}

/// Every `step`-th frame of a reader.
struct PlainFrames: FrameSource {
    let reader: VideoReader
    let step: Int

    func next() throws(IoUError) -> VideoFrame? { try reader.next(step: step) }
}

/// The same, decoded on a thread of its own while others are looked at.
final class PrefetchedFrames: FrameSource {
    private let queue = BoundedQueue<Result<VideoFrame?, IoUError>>(capacity: 4)

    init(_ frames: PlainFrames) {
        let queue = queue
        let reader = frames.reader
        let step = frames.step
        DispatchQueue(label: "iou.video.reader").async {
            while true {
                let frame = Result { () throws(IoUError) in try reader.next(step: step) }
                let isLast = (try? frame.get()) == nil
                guard queue.put(frame), !isLast else { return }
            }
        }
    }

    deinit {
        queue.close()
    }

    func next() throws(IoUError) -> VideoFrame? { try queue.take().get() }
}
