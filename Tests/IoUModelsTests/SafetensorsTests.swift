import IoUGraph
import Testing

@testable import IoUModels

@Suite("Reading safetensors")
struct SafetensorsTests {
    private func file(_ header: String, data: Int = 0) throws(GraphError) -> SafetensorsFile {
        try SafetensorsFile(
            Blob(Self.bytes(header, Array(repeating: 0, count: data))), path: "w")
    }

    static func bytes(_ header: String, _ data: [UInt8]) -> [UInt8] {
        let text = Array(header.utf8)
        return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text + data
    }

    private static func entry(
        _ name: String, _ type: String, _ shape: String, _ range: String
    ) -> String {
        #""\#(name)":{"dtype":"\#(type)","shape":[\#(shape)],"data_offsets":[\#(range)]}"#
    }

    @Test func floatsOfEveryKindBecomeFloat32() throws {
        let header =
            #"{"__metadata__":{"a":"b: \"c\""},"# + Self.entry("f", "F32", "1", "0,4") + ","
            + Self.entry("h", "F16", "2", "4,8") + "," + Self.entry("b", "BF16", "1", "8,10") + ","
            + Self.entry("d", "F64", "1", "10,18") + "," + Self.entry("q", "F4", "2", "18,19")
            + "} "
        let data: [UInt8] = [
            0, 0, 0xc0, 0x3f, 0, 0x3c, 0x01, 0x00, 0x20, 0xc0, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0,
        ]
        let file = try SafetensorsFile(Blob(Self.bytes(header, data)), path: "w")
        #expect(file.names == ["b", "d", "f", "h", "q"])
        #expect(try file.float32("d").floats == [1.5])
        #expect(try file.float32("f").floats == [1.5])
        #expect(try file.float32("h").floats == [1, 0x1p-24])
        #expect(try file.float32("b").floats == [-2.5])
        #expect(file.shape("h") == [2])
    }

    @Test func emptyFileOfTensorsIsRead() throws {
        #expect(try file("{}").names.isEmpty)
    }

    @Test(arguments: [
        ("hole", [("a", "F32", "1", "0,4"), ("b", "F32", "1", "8,12")], 12),
        ("overlap", [("a", "F32", "2", "0,8"), ("b", "F32", "2", "4,12")], 12),
        ("rest", [("a", "F32", "1", "0,4")], 8),
        ("beyond the end", [("a", "F32", "2", "0,8")], 4),
        ("size", [("a", "F32", "3", "0,8")], 8),
        ("overflow", [("a", "F32", "4611686018427387904,4", "0,0")], 0),
        ("negative extent", [("a", "F32", "-1,-1", "0,4")], 4),
        ("backwards", [("a", "F32", "1", "4,0")], 4),
        ("negative offset", [("a", "F32", "1", "-4,0")], 4),
        ("half a byte", [("a", "F4", "1", "0,1")], 1),
        ("unknown type", [("a", "Q7", "1", "0,4")], 4),
        ("key twice", [("a", "F32", "1", "0,4"), ("a", "F32", "1", "0,4")], 4),
        ("fraction", [("a", "F32", "1.5", "0,4")], 4),
        ("huge number", [("a", "F32", "99999999999999999999", "0,4")], 4),
    ])
    func badTablesAreRefused(
        _ what: String, _ entries: [(String, String, String, String)], _ data: Int
    ) {
        let header = entries.map { Self.entry($0.0, $0.1, $0.2, $0.3) }.joined(separator: ",")
        #expect(throws: GraphError.self, "\(what)") { try file("{\(header)}", data: data) }
    }

    @Test(arguments: [
        "", "[]", "{", "null", "{}{}", #"{"a":1}"#, #"{"a":{"dtype":"F32"}}"#, "\u{0}",
        #"{"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}}"#,
    ])
    func badHeadersAreRefused(_ header: String) {
        #expect(throws: GraphError.self) { try file(header, data: 4) }
    }

    @Test(arguments: [[], [1, 2, 3], [255, 255, 255, 255, 255, 255, 255, 127]] as [[UInt8]])
    func badLengthsAreRefused(_ bytes: [UInt8]) {
        #expect(throws: GraphError.self) { try SafetensorsFile(Blob(bytes), path: "w") }
    }

    @Test func deepHeaderIsRefused() {
        let header = String(repeating: #"{"a":"#, count: 100_000)
        #expect(throws: GraphError.self) { try file(header) }
    }

    @Test func integersAreNoWeights() throws {
        let file = try file("{" + Self.entry("n", "I64", "", "0,8") + "}", data: 8)
        #expect(throws: GraphError.self) { try file.float32("n") }
    }
}
