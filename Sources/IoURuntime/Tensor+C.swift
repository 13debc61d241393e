internal import CIoU

extension Tensor {
    /// Lends a view of every tensor to `body`, by recursion: one level for each of them.
    static func withViews<Result>(
        of tensors: ArraySlice<(name: UnsafePointer<CChar>?, tensor: Tensor)>,
        after views: [iou_tensor] = [],
        _ body: ([iou_tensor]) throws(IoUError) -> Result
    ) throws(IoUError) -> Result {
        guard let (name, tensor) = tensors.first else { return try body(views) }
        return try tensor.storage.span.withUnsafeBufferPointer { bytes throws(IoUError) in
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
