import IoURuntime
import Testing

struct TensorSpanTests {
    @Test func showsItsElements() throws {
        let tensor = try Tensor([Float(1), 2, 3], shape: [3])
        let elements = try tensor.elements(as: Float.self)
        var sum: Float = 0
        for index in elements.indices { sum += elements[index] }
        #expect(sum == 6)
        #expect(tensor.bytes.byteCount == 12)
    }

    @Test func isFilledInPlace() throws {
        var tensor = try Tensor(zeros: .int32, shape: [2, 2])
        let zeros = tensor
        var elements = try tensor.mutableElements(as: Int32.self)
        for index in elements.indices { elements[index] = Int32(index) }
        #expect(try tensor.values(as: Int32.self) == [0, 1, 2, 3])
        #expect(try zeros.values(as: Int32.self) == [0, 0, 0, 0])
    }

    @Test func isFilledByBytes() throws {
        var tensor = try Tensor(zeros: .uint8, shape: [2])
        var bytes = tensor.mutableBytes
        bytes.storeBytes(of: 7, toByteOffset: 1, as: UInt8.self)
        #expect(try tensor.values(as: UInt8.self) == [0, 7])
    }

    @Test func copiesASpan() throws {
        let numbers: [Float16] = [0.5, -2]
        let tensor = try Tensor(copying: numbers.span, shape: [1, 2])
        #expect(tensor.type == .float16)
        #expect(try tensor.values(as: Float16.self) == numbers)
        #expect(throws: IoUError.self) { try Tensor(copying: numbers.span, shape: [3]) }
    }

    @Test func holdsNothing() throws {
        var empty = try Tensor(zeros: .float32, shape: [0, 4])
        #expect(try empty.elements(as: Float.self).isEmpty)
        let count = try empty.mutableElements(as: Float.self).count
        #expect(count == 0)
    }

    @Test func refusesToShowAnotherType() throws {
        var tensor = try Tensor([Float(1)], shape: [1])
        let reading = #expect(throws: IoUError.self) {
            _ = try tensor.elements(as: Int32.self).count
        }
        #expect(reading?.message == "tensor: expected int32, found float32")
        #expect(throws: IoUError.self) { _ = try tensor.mutableElements(as: Double.self).count }
    }
}
