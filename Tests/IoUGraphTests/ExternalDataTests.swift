import Glibc
import Testing

@testable import IoUGraph

@Suite("External data")
struct ExternalDataTests {
    /// A folder of the test's own; the system clears it.
    private let folder: String
    private var path: String { "\(folder)/model.onnx" }

    init() {
        var template = Array("/tmp/iou-external.XXXXXX".utf8CString)
        folder = template.withUnsafeMutableBufferPointer {
            String(cString: mkdtemp($0.baseAddress!))
        }
    }

    private func model(name: String = "g") -> Model {
        var graph = Graph(name: name)
        graph.initializers = [
            TensorLiteral("shape", ints: [1, 2]),
            TensorLiteral("small", floats: (0..<400).map(Float.init), dimensions: [400]),
            TensorLiteral("large", floats: (0..<20_000).map(Float.init), dimensions: [20_000]),
            TensorLiteral("last", floats: [Float](repeating: 1, count: 300), dimensions: [300]),
        ]
        return Model(graph: graph)
    }

    private func size(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    private func keys(_ tensor: TensorLiteral) -> [String: String]? {
        guard case .external(let keys) = tensor.content else { return nil }
        return Dictionary(uniqueKeysWithValues: keys.map { ($0.key, $0.value) })
    }

    @Test func weightsComeBackFromTheirFile() throws {
        try model().write(to: path, externalData: .always())
        #expect(try Model(path: path, loadingExternalData: true) == model())
        #expect(try #require(size(path)) < 1000)
    }

    @Test func largeTensorsBeginAtPages() throws {
        try model().write(to: path, externalData: .always())
        let tensors = try Model(path: path).graph.initializers
        #expect(keys(tensors[0]) == nil)
        #expect(
            keys(tensors[1]) == ["location": "model.onnx.data", "offset": "0", "length": "1600"])
        #expect(keys(tensors[2])?["offset"] == "4096")
        #expect(keys(tensors[3])?["offset"] == "84096")
        #expect(size("\(path).data") == 84096 + 1200)
    }

    @Test func smallModelStaysOneFile() throws {
        try model().write(to: path)
        #expect(try Model(path: path) == model())
        #expect(size("\(path).data") == nil)
    }

    @Test func modelIsWrittenOverItsOwnWeights() throws {
        try model().write(to: path, externalData: .always())
        var read = try Model(path: path, loadingExternalData: true)
        read.graph.name = "again"
        try read.write(to: path, externalData: .always())
        #expect(try Model(path: path, loadingExternalData: true) == model(name: "again"))
        #expect(size("\(path).data") == nil && size("\(path).1.data") != nil)
        try model().write(to: path, externalData: .always())
        #expect(size("\(path).data") != nil && size("\(path).1.data") == nil)
    }

    @Test func filesOfOthersStay() throws {
        for other in ["\(path).data", "\(path).1.data"] {
            try Model(graph: Graph(name: "other")).write(to: other)
        }
        try model().write(to: path, externalData: .always())
        try model().write(to: path, externalData: .always())
        #expect(try Model(path: path, loadingExternalData: true) == model())
        #expect(try Model(path: "\(path).data").graph.name == "other")
        #expect(try Model(path: "\(path).1.data").graph.name == "other")
    }

    @Test func noEmptyFileIsWritten() throws {
        try Model(graph: Graph(name: "g")).write(to: path, externalData: .always())
        #expect(size(path) != nil && size("\(path).data") == nil)
    }

    @Test func aCacheIsReadThroughItsLinks() throws {
        let (blobs, snapshot) = ("\(folder)/blobs", "\(folder)/snapshot")
        #expect(mkdir(blobs, 0o777) == 0 && mkdir(snapshot, 0o777) == 0)
        try model().write(to: "\(blobs)/m", externalData: .always())
        #expect(rename("\(blobs)/m.data", "\(blobs)/d") == 0)
        #expect(symlink("../blobs/m", "\(snapshot)/m.onnx") == 0)
        #expect(symlink("../blobs/d", "\(snapshot)/m.data") == 0)
        let path = "\(snapshot)/m.onnx"
        #expect(try Model(path: path, loadingExternalData: true) == model())
        #expect(throws: GraphError.self) {
            try Model(path: path, loadingExternalData: true, refusingLinks: true)
        }
    }

    @Test func nothingIsLeftWhenOneFileCannotBeWritten() throws {
        #expect(mkdir(path, 0o777) == 0)
        #expect(throws: GraphError.self) { try model().write(to: path, externalData: .always()) }
        #expect(size("\(path).data") == nil)
        #expect(rmdir(path) == 0)
        #expect(rmdir(folder) == 0)
    }

    @Test(arguments: [
        [Property("location", "../secret")], [Property("location", "/etc/passwd")],
        [Property("location", "link")], [Property("location", "absent")], [],
        [Property("location", "data"), Property("offset", "8")],
    ])
    func otherFilesAreRefused(_ keys: [Property]) throws {
        #expect(symlink("/etc/passwd", "\(folder)/link") == 0)
        let file = try AtomicFile(path: "\(folder)/data")
        try [UInt8](repeating: 0, count: 8).span.withUnsafeBytes {
            (bytes) throws(GraphError) in try file.write(bytes)
        }
        try file.commit()
        var outside = Model(graph: Graph(name: "g"))
        outside.graph.initializers = [
            TensorLiteral("w", type: .float32, dimensions: [2], content: .external(keys))
        ]
        try outside.write(to: path)
        #expect(try Model(path: path) == outside)
        let error = #expect(throws: GraphError.self) {
            try Model(path: path, loadingExternalData: true)
        }
        #expect(error?.message.contains("tensor 'w'") == true)
    }
}
