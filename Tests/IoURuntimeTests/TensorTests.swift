import IoURuntime
import Testing

struct TensorTests {
    @Test func holdsNumbersInRowMajorOrder() throws {
        let tensor = try Tensor([Float(1), 2, 3, 4, 5, 6], shape: [2, 3])
        #expect(tensor.type == .float32)
        #expect(tensor.count == 6)
        #expect(tensor.bytes.byteCount == 24)
        #expect(try tensor.values(as: Float.self) == [1, 2, 3, 4, 5, 6])
    }

    @Test func holdsIntegersAndScalarsAndNothing() throws {
        #expect(try Tensor([Int64.min], shape: []).values() == [Int64.min])
        let empty = try Tensor([Int64](), shape: [0, 4])
        #expect(empty.count == 0)
        #expect(try empty.values(as: Int64.self).isEmpty)
    }

    @Test func refusesValuesThatDoNotFillTheShape() {
        let error = #expect(throws: IoUError.self) { try Tensor([Float(1), 2], shape: [3]) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message == "tensor float32[3]: expected 12 bytes, found 8")
    }

    @Test(arguments: [[-1], [1 << 62, 8], [0, 1 << 62, 1 << 62], Array(repeating: 1, count: 9)])
    func refusesShapesThatAreNone(_ shape: [Int]) {
        #expect(throws: IoUError.self) { try Tensor(type: .int8, shape: shape, bytes: []) }
    }

    @Test func refusesToBeReadAsAnotherType() throws {
        let tensor = try Tensor([Float(1)], shape: [1])
        let error = #expect(throws: IoUError.self) { try tensor.values(as: Int64.self) }
        #expect(error?.message == "tensor: expected int64, found float32")
    }

    @Test(arguments: ElementType.allCases)
    func knowsTheSizeOfEveryType(_ type: ElementType) throws {
        let bytes = [UInt8](repeating: 1, count: type.size * 2)
        #expect(try Tensor(type: type, shape: [2], bytes: bytes).count == 2)
    }
}
