import IoURuntime
import Testing

struct NPYTests {
    private static let types = ElementType.allCases.filter { $0.rawValue < 16 }

    @Test(arguments: types, [[], [0], [3], [2, 3], [1, 2, 3, 4]])
    func comesBackAsItWas(_ type: ElementType, _ shape: [Int]) throws {
        let size = try Tensor.byteCount(type: type, shape: shape)
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let tensor = try Tensor(type: type, shape: shape, bytes: bytes)
        let file = try tensor.npy()
        #expect(file.count % 64 == size % 64)
        #expect(try Tensor(npy: file) == tensor)
    }

    @Test(arguments: ElementType.allCases.filter { $0.rawValue >= 16 })
    func typesThatNumPyLacksAreRefused(_ type: ElementType) throws {
        let tensor = try Tensor(zeros: type, shape: [2])
        #expect {
            try tensor.npy()
        } throws: { error in
            "\(error)".contains("expected a type that NumPy has, found \(type)")
        }
    }

    @Test func writesTheHeaderThatNumPyWrites() throws {
        let file = try Tensor([Float(1), 2], shape: [2]).npy()
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
        let padding = String(repeating: " ", count: 128 - 11 - header.utf8.count)
        let expected: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0]
        #expect(Array(file.prefix(128)) == expected + Array((header + padding + "\n").utf8))
    }

    @Test(arguments: [1, 2, 3])
    func readsEveryVersion(_ version: UInt8) throws {
        let file = npy(
            "{'descr': '<i4', 'fortran_order': False, 'shape': (1, 1)}",
            [7, 0, 0, 0], version: version)
        let tensor = try Tensor(npy: file)
        #expect(tensor.shape == [1, 1])
        #expect(try tensor.values(as: Int32.self) == [7])
    }

    @Test func turnsFortranOrder() throws {
        let file = npy(
            "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }",
            [1, 4, 2, 5, 3, 6])
        #expect(try Tensor(npy: file).values(as: UInt8.self) == [1, 2, 3, 4, 5, 6])
    }

    @Test func turnsFortranOrderOfThreeSides() throws {
        let elements: [UInt8] = [0, 4, 2, 6, 1, 5, 3, 7]
        let file = npy("{'shape': (2, 2, 2), 'descr': \"|u1\", 'fortran_order': True}", elements)
        #expect(try Tensor(npy: file).values(as: UInt8.self) == Array(0..<8))
    }

    @Test(arguments: [
        ("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "found '>f4'"),
        ("{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", "found '<c8'"),
        ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "quoted text"),
        ("{'descr': '<f4', 'fortran_order': 1, 'shape': (1,), }", "quoted text"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "an integer"),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
            "an integer"
        ),
        (
            "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
            "fits in memory"
        ),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "expected 8 bytes"),
        ("{'descr': '<f4', 'fortran_order': False, ", "found its end"),
        ("{'fortran_order': False, 'shape': (1,), }", "npy descr"),
        ("", "found its end"),
    ])
    func refusesMalformedHeaders(_ header: String, _ reason: String) {
        let error = #expect(throws: IoUError.self) { try Tensor(npy: npy(header, [0, 0, 0, 0])) }
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test func refusesFilesThatAreCutAnywhere() throws {
        let file = try Tensor([Float(1), 2], shape: [2]).npy()
        for length in 0..<file.count {
            #expect(throws: IoUError.self) { try Tensor(npy: Array(file[..<length])) }
        }
    }

    @Test func refusesOtherVersionsAndGiantHeaders() {
        #expect(throws: IoUError.self) { try Tensor(npy: npy("{}", [], version: 4)) }
        let giant: [UInt8] = [0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 255]
        #expect(throws: IoUError.self) { try Tensor(npy: giant) }
    }

    private func npy(_ header: String, _ elements: [UInt8], version: UInt8 = 1) -> [UInt8] {
        let count = header.utf8.count
        let length = [UInt8(count & 255), UInt8(count >> 8)] + (version == 1 ? [] : [0, 0])
        return [0x93] + Array("NUMPY".utf8) + [version, 0] + length + Array(header.utf8) + elements
    }
}
