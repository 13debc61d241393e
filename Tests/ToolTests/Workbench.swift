import Foundation
import IoUTestSupport

/// A folder with the tiny detector, `tiny.onnx`, and a picture, `cells.png`.
struct Workbench {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("tiny.onnx", TinyDetector.model().bytes)
        try folder.write("cells.png", Pictures.cells)
    }

    func run(_ arguments: String...) throws -> Tool.Outcome {
        try Tool.iourun(arguments, in: folder.path)
    }

    func json(_ text: String) throws -> NSDictionary? {
        try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary
    }

    /// A `.npy` file of float32.
    static func npy(_ values: [Float], shape: [Int], type: String = "<f4") -> [UInt8] {
        let sides = shape.map { "\($0), " }.joined()
        let header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(sides))}\n"
        let elements = values.withUnsafeBytes { [UInt8]($0) }
        let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0]
        return start + Array(header.utf8) + elements
    }
}
