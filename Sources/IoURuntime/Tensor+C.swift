internal import CIoU

extension Tensor {
    /// Copies what C describes.
    init(copying tensor: iou_tensor) throws(IoUError) {
        guard let type = ElementType(rawValue: tensor.type.rawValue) else {
            throw IoUError(
                .unsupported, "tensor: type \(tensor.type.rawValue) is none that can be held")
        }
        let bytes = [UInt8](UnsafeRawBufferPointer(start: tensor.data, count: tensor.size))
        try self.init(type: type, shape: tensor.shape, bytes: bytes)
    }

    /// Lends a view of every tensor to `body`, by recursion: one level for each of them.
    static func withViews<Result>(
        of tensors: ArraySlice<(name: UnsafePointer<CChar>?, tensor: Tensor)>,
        after views: [iou_tensor] = [],
        _ body: ([iou_tensor]) throws(IoUError) -> Result
    ) throws(IoUError) -> Result {
        guard let (name, tensor) = tensors.first else { return try body(views) }
        return try tensor.bytes.span.withUnsafeBufferPointer { bytes throws(IoUError) in
            var view = iou_tensor(name: name, type: tensor.type, shape: tensor.shape)
            view.data = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            view.size = bytes.count
            return try withViews(of: tensors.dropFirst(), after: views + [view], body)
        }
    }
}

extension iou_tensor {
    /// A tensor without data.
    init(name: UnsafePointer<CChar>?, type: ElementType? = nil, shape: [Int] = []) {
        self.init()
        self.name = name
        self.type = type?.c ?? IOU_TYPE_UNDEFINED
        rank = Int32(shape.count)
        withUnsafeMutableBytes(of: &dims) { sides in
            for (index, side) in shape.enumerated() {
                sides.storeBytes(of: Int64(side), toByteOffset: index * 8, as: Int64.self)
            }
        }
    }

    var shape: [Int] {
        withUnsafeBytes(of: dims) { sides in
            (0..<Int(rank)).map { Int(sides.load(fromByteOffset: $0 * 8, as: Int64.self)) }
        }
    }
}
