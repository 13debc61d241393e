import IoUGraph

/// A tensor in a storage of numbers: which of them, and in which order.
struct StridedNumbers: Hashable, Sendable {
    let format: NumberFormat
    var isBigEndian = false
    /// Numbers in the storage.
    let count: Int
    /// Numbers before the first.
    let offset: Int
    let shape: [Int]
    /// Numbers from one to the next along each side.
    let strides: [Int]

    /// The values row by row. Throws `.malformed` where the storage is too small, and `.unsupported`
    /// for numbers that are no floats.
    func literal(_ name: String, in storage: Blob?) throws(GraphError) -> TensorLiteral {
        let places = try places(name)
        guard let storage, storage.count / max(format.size, 1) >= count else {
            throw GraphError(.malformed, "tensor '\(name)' has no storage of its size")
        }
        let floats = storage.withUnsafeBytes { bytes in
            format.floats(bytes, at: places, isBigEndian: isBigEndian)
        }
        guard let floats else {
            guard case .other(let type, _) = format else { preconditionFailure("no float") }
            throw GraphError(.unsupported, "tensor '\(name)' is of \(type), expected floats")
        }
        return TensorLiteral(name, floats: floats, dimensions: shape.map { Int64($0) })
    }

    /// The strides of a shape whose last side, or first one, is the densest; nil beyond the numbers
    /// that there are.
    static func dense(_ shape: [Int], firstSideDensest: Bool = false) -> [Int]? {
        var step = 1
        var strides: [Int] = []
        for extent in firstSideDensest ? shape : shape.reversed() {
            strides.append(step)
            let (next, overflow) = step.multipliedReportingOverflow(by: extent)
            if extent < 0 || overflow { return nil }
            step = next
        }
        return firstSideDensest ? strides : strides.reversed()
    }

    /// Whether the elements are in order, without gaps.
    private var isRowMajor: Bool {
        var step = 1
        for (extent, stride) in zip(shape, strides).reversed() {
            if extent != 1 && stride != step { return false }
            step *= extent
        }
        return true
    }

    /// Where the elements are in the storage, row by row.
    private func places(_ name: String) throws(GraphError) -> [Int] {
        let broken = GraphError(
            .malformed,
            "tensor '\(name)' of shape \(shape) lies outside of its storage of \(count) elements")
        var size = 1
        for extent in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard extent >= 0, !overflow else { throw broken }
            size = product
        }
        // A view that repeats elements would be larger than the file that describes it.
        guard size <= count, offset >= 0 else { throw broken }
        if size == 0 { return [] }
        var last = offset
        for (extent, stride) in zip(shape, strides) {
            let (step, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
            let (sum, second) = last.addingReportingOverflow(step)
            guard stride >= 0, !overflow, !second else { throw broken }
            last = sum
        }
        guard last < count else { throw broken }
        if isRowMajor { return Array(offset..<offset + size) }
        var places = [offset]
        places.reserveCapacity(size)
        for (extent, stride) in zip(shape, strides) {
            places = places.flatMap { place in (0..<extent).map { place + $0 * stride } }
        }
        return places
    }
}
