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

    /// The objects in a picture that is in somebody else's memory.
    ///
    /// - Throws: What ``detect(in:options:)-(Image,_)`` throws.
    public mutating func detect(
        in view: borrowing PixelView, options: DetectOptions = DetectOptions()
    ) throws(IoUError) -> Detections {
        try view.bytes.withUnsafeBytes { bytes throws(IoUError) in
            try detect(in: [view.picture(at: bytes)], options)[0]
        }
    }

    private mutating func detect(
        in pictures: [iou_picture], _ options: DetectOptions
    ) throws(IoUError) -> [Detections] {
        seen = []
        let sizes = pictures.map { PictureSize(width: Int($0.width), height: Int($0.height)) }
        let handle = handle
        let found = try collect(sizes, options) { options, room, error in
            iou_detector_run(
                handle, pictures, pictures.count, options, room.found, room.capacity, room.counts,
                error)
        }
        seen = sizes
        return found
    }

    /// What a call of the library finds in pictures of these sides.
    func collect(
        _ sizes: [PictureSize], _ options: DetectOptions,
        _ call: (UnsafePointer<iou_detect_options>, DetectionRoom, UnsafeMutablePointer<iou_error>)
            -> iou_status
    ) throws(IoUError) -> [Detections] {
        let capacity = try room(for: options, pictures: sizes.count)
        var found = [iou_detection](repeating: iou_detection(), count: capacity * sizes.count)
        var counts = [Int](repeating: 0, count: sizes.count)
        try IoUError.check { error in
            options.withC { options in
                found.withUnsafeMutableBufferPointer { found in
                    counts.withUnsafeMutableBufferPointer { counts in
                        call(
                            options,
                            DetectionRoom(
                                found: found.baseAddress, capacity: capacity,
                                counts: counts.baseAddress), error)
                    }
                }
            }
        }
        return sizes.indices.map { index in
            let start = index * capacity
            return Detections(
                found[start..<start + counts[index]].map { Detection($0, labels: labels) },
                width: sizes[index].width, height: sizes[index].height)
        }
    }

    /// The most detections of one picture, refused where no memory could hold them.
    private func room(for options: DetectOptions, pictures: Int) throws(IoUError) -> Int {
        let limit = 1 << 24
        let capacity = options.withC { iou_detector_max_detections(handle, $0) }
        guard capacity <= limit / max(pictures, 1) else {
            throw IoUError(
                .limit,
                "detections: expected at most \(limit / max(pictures, 1)) of a picture, found \(capacity)"
            )
        }
        return capacity
    }
}

/// Sides of a picture in pixels.
struct PictureSize {
    let width, height: Int
}

/// Where a call of the library leaves detections: `capacity` for each picture, and their numbers.
struct DetectionRoom {
    let found: UnsafeMutablePointer<iou_detection>?
    let capacity: Int
    let counts: UnsafeMutablePointer<Int>?
}
