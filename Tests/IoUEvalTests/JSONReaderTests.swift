import IoURuntime
import Testing

@testable import IoUEval

struct JSONReaderTests {
    private func reader(_ text: String) throws -> JSONReader {
        try JSONReader(Array(text.utf8), from: FilePath("text.json"))
    }

    @Test(arguments: [
        "0", "-0", "1", "-12.5", "0.1", "1e22", "1e23", "123456789012345678901234567890",
        "0.30000000000000004", "5e-324", "1.7976931348623157e308", "9007199254740993",
        "2.2250738585072011e-308", "1E+2", "0.000000000000000000000000000001",
    ])
    func roundsNumbersAsTheLanguageDoes(_ text: String) throws {
        var reader = try reader(text)
        #expect(try reader.number("") == Double(text))
        try reader.finish()
    }

    @Test(arguments: ["", "+1", ".5", "1.", "01", "1e", "-", "NaN", "Infinity", "1e400", "0x1"])
    func refusesWhatIsNoNumber(_ text: String) throws {
        var reader = try reader(text)
        #expect(throws: IoUError.self) {
            _ = try reader.number("")
            try reader.finish()
        }
    }

    @Test(arguments: [
        ("7", 7), ("-0", 0), ("2e3", 2000), ("9007199254740993", 9_007_199_254_740_993),
        ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
    ])
    func readsIntegersToTheLastDigit(_ text: String, _ expected: Int) throws {
        var reader = try reader(text)
        #expect(try reader.integer("") == expected)
    }

    @Test(arguments: ["1.5", "1e-1", "9223372036854775808", "1e30", "9007199254740993.5", "true"])
    func refusesWhatIsNoInteger(_ text: String) throws {
        var reader = try reader(text)
        #expect(throws: IoUError.self) { _ = try reader.integer("") }
    }

    @Test(arguments: [
        (#""""#, ""), (#""a b""#, "a b"), (#""\u00e4\n\"\\\/""#, "ä\n\"\\/"),
        (#""\ud83d\ude00""#, "😀"), (#""\ud83d""#, "\u{FFFD}"), (#""ü""#, "ü"),
    ])
    func readsText(_ text: String, _ expected: String) throws {
        var reader = try reader(text)
        #expect(try reader.string("") == expected)
        try reader.finish()
    }

    @Test(arguments: [#"""#, #""\x""#, #""\u12g4""#, #""\u12"#, "\"\n\"", "\"\u{0}\""])
    func refusesWhatIsNoText(_ text: String) throws {
        var reader = try reader(text)
        #expect(throws: IoUError.self) { _ = try reader.string("") }
    }

    @Test(arguments: [
        "[1, 2,]", "[1 2]", "[,]", "{\"a\" 1}", "{a: 1}", "{\"a\": }", "[1", "{", "tru", "[[]",
        "{\"a\": 1,}", String(repeating: "[", count: 100_000),
    ])
    func refusesWhatIsNoValue(_ text: String) throws {
        var reader = try reader(text)
        #expect(throws: IoUError.self) {
            try reader.skipValue()
            try reader.finish()
        }
    }

    @Test func skipsAnyValue() throws {
        var reader = try reader(#" { "a" : [ 1 , { } , [ ] , null ] , "b" : "x" , "c" : true } "#)
        try reader.skipValue()
        try reader.finish()
    }
}
