import CONNX
import Testing

/// Bytes that are refused, with the byte and the words of the refusal.
struct Refusal: CustomTestStringConvertible, Sendable {
    var name: String
    var bytes: Bytes
    var offset: Int
    var words: String
    var status = CONNX_MALFORMED

    var testDescription: String { name }
}

private let malformed: [Refusal] = [
    Refusal(name: "empty", bytes: [], offset: 0, words: "empty"),
    Refusal(
        name: "one byte", bytes: [0x08], offset: 1,
        words: "ModelProto.ir_version: the value passes"),
    Refusal(
        name: "half a tag", bytes: field(1, 1) + [0x80], offset: 2,
        words: "the tag of a field passes"),
    Refusal(
        name: "trailing zeros", bytes: goodModel + [0, 0], offset: goodModel.count,
        words: "ModelProto: a field number must be"),
    Refusal(
        name: "field number over 29 bits", bytes: tag(1 << 29, 0) + [0], offset: 0,
        words: "a field number must be"),
    Refusal(
        name: "length past the end", bytes: graph(node([0x0a, 0x90, 0x03, 1, 2, 3])), offset: 7,
        words: "NodeProto.input: length 400 passes the end of the message (3 bytes left)"),
    Refusal(
        name: "length of 2^63", bytes: tag(7, 2) + varint(1 << 63), offset: 11,
        words: "ModelProto.graph: length 9223372036854775808"),
    Refusal(
        name: "child longer than parent", bytes: graph(tag(1, 2) + varint(2)) + [0, 0],
        offset: 4,
        words: "GraphProto.node: length 2 passes the end of the message (0 bytes left)"),
    Refusal(
        name: "varint of 11 bytes", bytes: tag(1, 0) + Bytes(repeating: 0xff, count: 10) + [1],
        offset: 1, words: "varint of more than 10 bytes"),
    Refusal(
        name: "varint of 70 bits", bytes: tag(1, 0) + Bytes(repeating: 0xff, count: 9) + [0x7f],
        offset: 1, words: "64 bits"),
    Refusal(
        name: "length varint of 11 bytes",
        bytes: tag(7, 2) + Bytes(repeating: 0x80, count: 10) + [0],
        offset: 1, words: "the length is a varint"),
    Refusal(name: "group start", bytes: tag(30, 3) + tag(30, 4), offset: 0, words: "wire type 3"),
    Refusal(
        name: "group end", bytes: field(1, 1) + tag(30, 4), offset: 2,
        words: "ModelProto field 30: wire type 4"),
    Refusal(name: "wire type 6", bytes: tag(30, 6), offset: 0, words: "wire type 6"),
    Refusal(name: "wire type 7", bytes: tag(30, 7), offset: 0, words: "wire type 7"),
    Refusal(
        name: "cut 64-bit value", bytes: tag(30, 1) + [1, 2, 3], offset: 2,
        words: "3 bytes left"),
    Refusal(name: "cut 32-bit value", bytes: tag(30, 5) + [1], offset: 2, words: "1 bytes left"),
    Refusal(
        name: "number instead of string", bytes: graph(node(field(1, 1))), offset: 4,
        words: "NodeProto.input: wire type must be 2, is 0"),
    Refusal(
        name: "string instead of number", bytes: field(1, "x"), offset: 0,
        words: "ModelProto.ir_version: wire type must be 0, is 2"),
    Refusal(
        name: "number instead of message", bytes: field(7, 1), offset: 0,
        words: "ModelProto.graph: wire type must be 2, is 0"),
    Refusal(
        name: "float instead of dims", bytes: graph(initializer(tag(1, 5) + [0, 0, 0, 0])),
        offset: 4,
        words: "TensorProto.dims: wire type must be 0, is 5"),
    Refusal(
        name: "graph twice", bytes: goodModel + graph([]), offset: goodModel.count,
        words: "ModelProto.graph: given more than once"),
    Refusal(
        name: "raw_data twice", bytes: graph(initializer(field(9, [1]) + field(9, [2]))),
        offset: 7,
        words: "TensorProto.raw_data: given more than once"),
    Refusal(
        name: "two types of a value",
        bytes: graph(
            field(
                Number.Graph.input,
                field(2, field(1, Bytes()) + field(4, Bytes())))),
        offset: 8, words: "TypeProto.sequence_type: given more than once"),
    Refusal(
        name: "packed varints cut", bytes: graph(initializer(field(1, [1, 0x80]))), offset: 7,
        words: "TensorProto.dims: 2 packed bytes are not a whole number of varints"),
    Refusal(
        name: "packed floats cut",
        bytes: graph(initializer(field(4, Bytes(repeating: 0, count: 5)))),
        offset: 6, words: "TensorProto.float_data: 5 packed bytes are not a multiple of 4"),
    Refusal(
        name: "packed doubles cut",
        bytes: graph(initializer(field(10, Bytes(repeating: 0, count: 12)))),
        offset: 6, words: "multiple of 8"),
    Refusal(
        name: "NUL in a name", bytes: graph(node(field(4, "Re\0lu"))), offset: 8,
        words: "NodeProto.op_type: a NUL byte in a string"),
    Refusal(name: "no known field", bytes: field(99, "hi"), offset: 0, words: "not a model"),
]

private let notModels: [(name: String, bytes: Bytes, words: String)] = [
    ("PNG", [0x89] + Bytes("PNG\r\n\u{1a}\n\0\0\0\rIHDR".utf8), "a PNG image"),
    ("zip", Bytes("PK\u{3}\u{4}\u{14}\0".utf8), "a zip archive"),
    ("gzip", [0x1f, 0x8b, 8, 0], "a gzip file"),
    ("HTML", Bytes("<!DOCTYPE html><html>".utf8), "an HTML page"),
    ("LFS", Bytes("version https://git-lfs.github.com/spec/v1\n".utf8), "a Git LFS pointer"),
    ("text", Bytes("not a model at all\n".utf8), "text"),
]

/// Ill-formed UTF-8: a stray byte, a cut sequence, forms longer than needed, a surrogate, beyond
/// U+10FFFF.
private let badText: [Bytes] = [
    [0xff], [0x80], [0xc3], [0xe2, 0x82], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80],
    [0xed, 0xa0, 0x80], [0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80],
    [0xf5, 0x80, 0x80, 0x80],
]

@Suite struct MalformedWireTests {
    @Test(arguments: malformed) func refuses(_ refusal: Refusal) {
        let decoded = decode(refusal.bytes)
        #expect(decoded.status == refusal.status)
        #expect(decoded.offset == refusal.offset, "\(decoded.text)")
        #expect(decoded.text.contains(refusal.words), "\(decoded.text)")
    }

    @Test func saysWhatOtherFilesLookLike() {
        for (name, bytes, words) in notModels {
            let decoded = decode(bytes)
            #expect(decoded.status == CONNX_MALFORMED, "\(name)")
            #expect(decoded.text.contains("looks like \(words)"), "\(name): \(decoded.text)")
        }
    }

    @Test(arguments: badText) func refusesInvalidUTF8(_ text: Bytes) {
        let decoded = decode(graph(node(field(Number.Node.opType, Bytes("R".utf8) + text))))
        #expect(decoded.status == CONNX_MALFORMED)
        #expect(decoded.offset == 7)
        #expect(decoded.text.contains("NodeProto.op_type: invalid UTF-8"), "\(decoded.text)")
    }

    @Test func acceptsAllLengthsOfUTF8() {
        let text = "aß☃😀\u{7f}\u{80}\u{7ff}\u{800}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}"
        let decoded = decode(field(Number.Model.producer, text)) { model, _ in
            #expect(String(cString: model.producer_name) == text)
        }
        #expect(decoded.status == CONNX_OK, "\(decoded.text)")
    }

    @Test func survivesEveryTruncation() {
        for length in 0..<goodModel.count {
            let decoded = decode(Bytes(goodModel.prefix(length)))
            #expect(decoded.offset <= length)
            #expect(decoded.status == CONNX_OK || !decoded.text.isEmpty)
        }
    }

    @Test func survivesEveryChangedByte() {
        for index in goodModel.indices {
            for value in [0, 1, 0x7f, 0x80, 0xff, goodModel[index] ^ 0x40] as Bytes {
                var bytes = goodModel
                bytes[index] = value
                let decoded = decode(bytes) { _, _ in }
                #expect(decoded.status == CONNX_OK || decoded.status == CONNX_MALFORMED)
            }
        }
    }
}
