import Dispatch
import IoURuntime
import IoUVideo
import Synchronization

/// A frame and what is drawn into it.
struct DrawnFrame: Sendable {
    let frame: VideoFrame
    let detections: [Detection]
}

/// Where frames with boxes go.
protocol FrameTarget {
    func write(_ frame: DrawnFrame) throws(IoUError)

    /// Gives the video its name.
    func finish() throws(IoUError)
}

/// Draws and encodes.
struct PlainTarget: FrameTarget, Sendable {
    let writer: VideoWriter
    let style: DrawingStyle

    func write(_ frame: DrawnFrame) throws(IoUError) {
        var image = frame.frame.image
        try image.draw(frame.detections, style: style)
        try writer.write(image, at: frame.frame.place)
    }

    func finish() throws(IoUError) { try writer.finish() }
}

/// The same on a thread of its own. What fails there is thrown by the next call.
final class QueuedTarget: FrameTarget {
    private let queue = BoundedQueue<DrawnFrame?>(capacity: 4)
    private let done = DispatchSemaphore(value: 0)
    private let outcome = Outcome()
    private let target: PlainTarget
    private var isEnded = false

    private final class Outcome: Sendable {
        let error = Mutex<IoUError?>(nil)
    }

    init(_ target: PlainTarget) {
        self.target = target
        let queue = queue
        let done = done
        let outcome = outcome
        DispatchQueue(label: "iou.video.writer").async {
            while let frame = queue.take() {
                guard outcome.error.withLock({ $0 }) == nil else { continue }
                do throws(IoUError) {
                    try target.write(frame)
                } catch {
                    outcome.error.withLock { $0 = error }
                }
            }
            done.signal()
        }
    }

    deinit {
        end()
    }

    func write(_ frame: DrawnFrame) throws(IoUError) {
        if let error = outcome.error.withLock({ $0 }) { throw error }
        queue.put(frame)
    }

    func finish() throws(IoUError) {
        end()
        if let error = outcome.error.withLock({ $0 }) { throw error }
        try target.finish()
    }

    /// Waits for the frames that were written.
    private func end() {
        guard !isEnded else { return }
        isEnded = true
        queue.put(nil)
        done.wait()
    }
}
