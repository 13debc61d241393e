import IoUGraph

extension TensorLiteral {
    /// The value of a float32, float64, int32 or int64 tensor with one element.
    var singleNumber: Double? {
        guard elementCount == 1 else { return nil }
        return numbers?.first
    }

    /// The elements of a float32, float64, int32 or int64 tensor as doubles.
    var numbers: [Double]? {
        guard case .bytes(let blob) = content else { return nil }
        switch type {
        case .float32: return Self.read(blob) { (value: Float) in Double(value) }
        case .float64: return Self.read(blob) { (value: Double) in value }
        case .int32: return Self.read(blob) { (value: Int32) in Double(value) }
        case .int64: return Self.read(blob) { (value: Int64) in Double(value) }
        default: return nil
        }
    }

    private static func read<Element: BitwiseCopyable>(
        _ blob: Blob, _ convert: (Element) -> Double
    ) -> [Double] {
        blob.withUnsafeBytes { bytes in
            (0..<bytes.count / MemoryLayout<Element>.size).map {
                convert(
                    bytes.loadUnaligned(
                        fromByteOffset: $0 * MemoryLayout<Element>.size, as: Element.self))
            }
        }
    }
}
