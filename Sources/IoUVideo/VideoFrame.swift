internal import CIoUVideo
package import IoURuntime

/// One frame of a video.
package struct VideoFrame: Sendable {
    package let image: Image
    package let place: FramePlace
}

/// Where a frame stands in its video.
package struct FramePlace: Hashable, Sendable {
    /// Of all frames of the video, from 0.
    package let index: Int

    /// From the start, in units of the video's time base.
    package let time: Int

    /// From the start.
    package let seconds: Double
}

/// What is known of a video before its frames.
package struct VideoFacts: Sendable {
    package let width: Int
    package let height: Int

    /// How many frames there should be; `nil`: nobody knows.
    package let frames: Int?

    /// Of a camera or a network stream without an end.
    package let isLive: Bool

    let c: iou_video_facts

    init(_ facts: iou_video_facts) {
        width = Int(facts.width)
        height = Int(facts.height)
        frames = facts.frames > 0 ? Int(facts.frames) : nil
        isLive = facts.is_live
        c = facts
    }

    /// The same with other sides, and every `step`-th frame.
    func with(width: Int, height: Int, step: Int) -> iou_video_facts {
        var facts = c
        facts.width = Int32(width)
        facts.height = Int32(height)
        let (slower, overflow) = facts.rate.denominator.multipliedReportingOverflow(
            by: Int32(clamping: step))
        facts.rate =
            overflow
            ? iou_video_ratio(numerator: 0, denominator: 1)
            : iou_video_ratio(numerator: facts.rate.numerator, denominator: slower)
        return facts
    }
}
