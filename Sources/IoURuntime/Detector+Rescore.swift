internal import CIoU
internal import CIoU.Oracle

extension Detector {
    /// What ``detect(in:options:)-([Image],_)`` would find in the last run's pictures under other
    /// options, without running the network: for thresholds and α that are tried out. The run of
    /// `options` is not looked at.
    ///
    /// - Returns: What was found in each picture of the last run, in their order.
    /// - Throws: ``IoUError/Code/invalidArgument`` where the last run failed, or there was none;
    ///   ``IoUError/Code/unsupported`` where the model's graph reports detections, or its batch is
    ///   fixed and the run had more pictures.
    public mutating func rescore(
        options: DetectOptions = DetectOptions()
    ) throws(IoUError) -> [Detections] {
        let handle = handle
        let count = seen.count
        return try collect(seen, options) { options, room, error in
            iou_detector_rescore(
                handle, count, options, room.found, room.capacity, room.counts, error)
        }
    }

    /// The same with the true IoU in place of the predicted one: of each anchor's box with the box
    /// of `truth` that it overlaps most, which are of all classes.
    ///
    /// - Parameter truth: For each picture, boxes in its pixels and in the model's convention.
    /// - Throws: What ``rescore(options:)`` throws.
    package mutating func rescore(
        truth: [[Detection.Box]], options: DetectOptions = DetectOptions()
    ) throws(IoUError) -> [Detections] {
        guard truth.count == seen.count else {
            throw IoUError(
                .invalidArgument,
                "detector: expected true boxes of \(seen.count) pictures, found those of "
                    + "\(truth.count)")
        }
        let handle = handle
        let boxes = truth.joined().flatMap { [$0.x1, $0.y1, $0.x2, $0.y2] }
        return try collect(seen, options) { options, room, error in
            boxes.withUnsafeBytes { bytes in
                iou_detector_rescore_oracle(
                    handle, truths(truth, at: bytes), truth.count, options, room.found,
                    room.capacity, room.counts, error)
            }
        }
    }
}

/// Each picture's boxes among all of them, which are one behind the other.
private func truths(_ truth: [[Detection.Box]], at bytes: UnsafeRawBufferPointer) -> [iou_truth] {
    typealias Corners = (Float, Float, Float, Float)
    let boxes = bytes.bindMemory(to: Corners.self)
    var start = 0
    return truth.map { own in
        defer { start += own.count }
        return iou_truth(
            boxes: boxes.baseAddress.map { UnsafePointer($0 + start) }, count: own.count)
    }
}
