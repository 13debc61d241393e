internal import CIoU

extension Model {
    /// What the detector metadata says. The model need not be one that can run.
    ///
    /// - Throws: ``IoUError/Code/badMetadata`` with the key that is missing or contradictory;
    ///   whether the model's inputs and outputs agree with it only ``Detector`` looks at.
    public var detectorInfo: DetectorInfo {
        get throws(IoUError) {
            var info = iou_detector_info()
            info.struct_size = MemoryLayout<iou_detector_info>.stride
            try IoUError.check { iou_model_detector_info(handle.pointer, &info, $0) }
            return DetectorInfo(info)
        }
    }
}

extension DetectorInfo {
    fileprivate init(_ info: iou_detector_info) {
        outputs =
            switch info.outputs {
            case IOU_OUTPUTS_DETECTIONS: .detections
            case IOU_OUTPUTS_ROWS: .rows
            default:
                .maps(
                    levels: info.level_count, anchorsPerCell: info.anchor_count,
                    strides: info.strides.map { Self.array($0, info.level_count) })
            }
        predictsIoU = info.predicts_iou
        predictsObjectness = info.predicts_objectness
        boxes = info.inclusive_boxes ? .inclusive : .edges
        labels = Self.array(info.labels, info.class_count).map(Self.text)
        categoryIDs = Self.array(info.label_ids, info.class_count).map { Int($0) }
        alpha = info.alpha
        scoreThreshold = info.score_threshold.isNaN ? nil : info.score_threshold
        nmsThreshold = info.nms_threshold.isNaN ? nil : info.nms_threshold
        maximumDetections = Int(info.max_detections)
        notReported = info.not_reported.map { Self.text($0) }
        input = Input(info)
    }

    private static func array<Element>(
        _ start: UnsafePointer<Element>?, _ count: Int
    ) -> [Element] {
        Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
    }

    fileprivate static func text(_ start: UnsafePointer<CChar>?) -> String {
        start.map { String(cString: $0) } ?? ""
    }
}

extension DetectorInfo.Input {
    fileprivate init(_ info: iou_detector_info) {
        name = DetectorInfo.text(info.input_name)
        layout = info.input_channels_last ? .interleaved : .planar
        channels = info.input_bgr ? .bgr : .rgb
        range = info.input_range
        mean = [info.input_mean.0, info.input_mean.1, info.input_mean.2]
        standardDeviation = [info.input_std.0, info.input_std.1, info.input_std.2]
        resize = Resize(
            info.input_resize, Int(info.input_sides.0), Int(info.input_sides.1))
        isAntialiased = info.input_antialias
        roundsToBytes = info.input_eight_bit
        let multiple = Int(info.input_pad_multiple)
        padding = multiple == 0 ? .exact : .multiple(multiple)
        paddingValue = info.input_pad_value
        paddingIsPixel = info.input_pad_is_pixel
        isCentred = info.input_pad_centred
    }
}

extension DetectorInfo.Input.Resize {
    fileprivate init(_ rule: iou_input_resize, _ first: Int, _ second: Int) {
        switch rule {
        case IOU_INPUT_SHORT_LONG: self = .shortLong(first, second)
        case IOU_INPUT_SHORT_THEN_LONG: self = .shortThenLong(first, second)
        case IOU_INPUT_FIT: self = .fit(height: first, width: second)
        case IOU_INPUT_STRETCH: self = .stretch(height: first, width: second)
        default: self = .none
        }
    }
}
