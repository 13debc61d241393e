internal import CIoU

extension Tensor {
    /// The most sides that a tensor has.
    public static let maximumRank = Int(IOU_MAX_RANK)

    /// Bytes of a tensor.
    ///
    /// - Throws: ``IoUError/Code/invalidArgument`` where there is no such tensor.
    public static func byteCount(type: ElementType, shape: [Int]) throws(IoUError) -> Int {
        guard shape.count <= maximumRank else {
            throw IoUError(
                .invalidArgument,
                "tensor: expected at most \(maximumRank) sides, found \(shape.count)")
        }
        guard shape.allSatisfy({ $0 >= 0 }) else {
            throw IoUError(.invalidArgument, "tensor: expected sides of 0 or more, found \(shape)")
        }
        return try product(of: shape, times: type.size)
    }

    /// Zero sides do not excuse the others: their product is still computed.
    private static func product(of shape: [Int], times size: Int) throws(IoUError) -> Int {
        var total = size
        for side in shape where side != 0 {
            let (product, overflow) = total.multipliedReportingOverflow(by: side)
            guard !overflow else {
                throw IoUError(
                    .invalidArgument,
                    "tensor: expected a size that fits in memory, found shape \(shape)")
            }
            total = product
        }
        return shape.contains(0) ? 0 : total
    }

    static func check(
        _ size: Int, fill type: ElementType, _ shape: [Int]
    ) throws(IoUError) {
        let expected = try byteCount(type: type, shape: shape)
        guard size == expected else {
            throw IoUError(
                .invalidArgument,
                "tensor \(type)\(shape): expected \(expected) bytes, found \(size)")
        }
    }

    static func check(_ found: ElementType, is expected: ElementType) throws(IoUError) {
        guard found == expected else {
            throw IoUError(.invalidArgument, "tensor: expected \(expected), found \(found)")
        }
    }
}
