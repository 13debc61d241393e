internal import CIoU
internal import CIoU.Inputs

extension Detector {
    /// What the network is given for pictures, by the names of its inputs: for whoever runs the network
    /// without the detector. There is no run to score again then.
    ///
    /// - Throws: ``IoUError/Code/invalidArgument`` for none, or for more than the batch of a model that
    ///   fixes it; what ``detect(in:options:)-([Image],_)`` throws.
    package mutating func inputs(for images: [Image]) throws(IoUError) -> [String: Tensor] {
        seen = []
        let handle = handle
        var tensors = [iou_tensor](repeating: iou_tensor(), count: Int(IOU_NETWORK_INPUTS))
        var count = 0
        try withExtendedLifetime(images) { () throws(IoUError) in
            let pictures = images.map(\.picture)
            try IoUError.check {
                iou_detector_inputs(handle, pictures, pictures.count, &tensors, &count, $0)
            }
        }
        var inputs: [String: Tensor] = [:]
        for tensor in tensors.prefix(count) {
            let bytes = UnsafeRawBufferPointer(start: tensor.data, count: tensor.size)
            inputs[String(cString: tensor.name)] = try Tensor(
                type: .float32, shape: tensor.shape, bytes: Array(bytes))
        }
        return inputs
    }
}
