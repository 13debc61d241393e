internal import CIoU

extension Detector {
    /// The objects in a picture of any size.
    ///
    /// - Throws: ``IoUError/Code/badData``, ``IoUError/Code/deadline``,
    ///   ``IoUError/Code/cancelled``, ``IoUError/Code/limit`` or
    ///   ``IoUError/Code/outOfMemory``.
    public mutating func detect(
        in image: Image, options: DetectOptions = DetectOptions()
    ) throws(IoUError) -> Detections {
        try detect(in: [image], options: options)[0]
    }

    /// The objects in pictures of any sizes, which the model sees together where it takes batches.
    ///
    /// - Returns: What was found in each, in the order of `images`.
    /// - Throws: What ``detect(in:options:)-(Image,_)`` throws; there is no result for some only.
    public mutating func detect(
        in images: [Image], options: DetectOptions = DetectOptions()
    ) throws(IoUError) -> [Detections] {
        guard !images.isEmpty else { return [] }
        return try withExtendedLifetime(images) { () throws(IoUError) in
            try detect(in: images.map(\.picture), options)
        }
    }

    /// The objects in a picture that stands in somebody else's memory.
    ///
    /// - Throws: What ``detect(in:options:)-(Image,_)`` throws.
    public mutating func detect(
        in view: borrowing PixelView, options: DetectOptions = DetectOptions()
    ) throws(IoUError) -> Detections {
        try view.bytes.withUnsafeBytes { bytes throws(IoUError) in
            try detect(in: [view.picture(at: bytes)], options)[0]
        }
    }

    private func detect(
        in pictures: [iou_picture], _ options: DetectOptions
    ) throws(IoUError) -> [Detections] {
        let capacity = try room(for: options, pictures: pictures.count)
        var found = [iou_detection](repeating: iou_detection(), count: capacity * pictures.count)
        var counts = [Int](repeating: 0, count: pictures.count)
        try IoUError.check { error in
            options.withC {
                iou_detector_run(
                    handle, pictures, pictures.count, $0, &found, capacity, &counts, error)
            }
        }
        return pictures.indices.map { index in
            let start = index * capacity
            return Detections(
                found[start..<start + counts[index]].map { Detection($0, labels: labels) },
                width: Int(pictures[index].width), height: Int(pictures[index].height))
        }
    }

    /// The most detections of one picture, refused where no memory could hold them.
    private func room(for options: DetectOptions, pictures: Int) throws(IoUError) -> Int {
        let limit = 1 << 24
        let capacity = options.withC { iou_detector_max_detections(handle, $0) }
        guard capacity <= limit / pictures else {
            throw IoUError(
                .limit,
                "detections: wanted at most \(limit / pictures) of a picture, found \(capacity)")
        }
        return capacity
    }
}
