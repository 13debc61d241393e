import Glibc
import Testing

@testable import IoUGraph

@Suite("Files")
struct FileTests {
    /// A folder of the test's own; the system clears it.
    private let folder: String

    init() {
        var template = Array("/tmp/iou-files.XXXXXX".utf8CString)
        folder = template.withUnsafeMutableBufferPointer {
            String(cString: mkdtemp($0.baseAddress!))
        }
    }

    @Test func modelComesBackFromAFile() throws {
        let path = "\(folder)/model.onnx"
        try Fixtures.everything.write(to: path)
        #expect(try Model(path: path) == Fixtures.everything)
    }

    @Test func uncommittedFileLeavesNothing() throws {
        let path = "\(folder)/half"
        do {
            let file = try AtomicFile(path: path)
            try Blob([1, 2]).withUnsafeBytes { (bytes) throws(GraphError) in
                try file.write(bytes)
            }
        }
        #expect(access(path, F_OK) != 0)
        #expect(rmdir(folder) == 0)
    }

    @Test func existingFileStaysUntilTheNewOneIsComplete() throws {
        let path = "\(folder)/model.onnx"
        try Model(graph: Graph(name: "old")).write(to: path)
        do { _ = try AtomicFile(path: path) }
        #expect(try Model(path: path).graph.name == "old")
        try Model(graph: Graph(name: "new")).write(to: path)
        #expect(try Model(path: path).graph.name == "new")
    }

    @Test func longestNameIsWritten() throws {
        let name = String(repeating: "n", count: 255)
        try Model(graph: Graph(name: "long")).write(to: "\(folder)/\(name)")
        #expect(try Model(path: "\(folder)/\(name)").graph.name == "long")
    }

    @Test(arguments: ["/dev/null", "/nowhere/model.onnx", "/tmp"])
    func unwritablePlaceIsRefused(_ path: String) {
        #expect(throws: GraphError.self) { try Model(graph: Graph()).write(to: path) }
    }

    @Test(arguments: ["/nowhere/model.onnx", "/tmp", "/dev/null"])
    func unreadableFileIsRefused(_ path: String) {
        #expect(throws: GraphError.self) { try Model(path: path) }
    }
}
