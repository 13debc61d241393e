import HTTPTypes
import Testing

@testable import IoUServer

struct JSONTests {
    @Test func readsWhatJSONHas() throws {
        let text = #" {"a": [1, -2.5e1, true, null, "x\n\u00e9\ud83d\ude00"], "b": {}, "c": []} "#
        guard case .object(let members) = try parse(text) else { throw Failure() }
        #expect(
            members["a"]
                == .array([
                    .number(.integer(1)), .number(.real(-25)), .bool(true), .null,
                    .string("x\né😀"),
                ]))
        #expect(members["b"] == .object([:]))
        #expect(members["c"] == .numbers([]))
    }

    @Test func keepsWholeNumbersExact() throws {
        #expect(
            try parse("[9223372036854775807, 18446744073709551615, 0.5]")
                == .numbers([.integer(.max), .large(.max), .real(0.5)]))
        #expect(JSONNumber.real(0x1p60).whole(as: Int64.self) == nil)
        #expect(JSONNumber.integer(300).whole(as: UInt8.self) == nil)
    }

    @Test(arguments: [
        "", "{", "[1,]", "[1 2]", "{\"a\"}", "{\"a\":1,}", "01", "1.", "1e", "-", "+1", "NaN",
        "1e999", "\"", "\"\\x\"", "\"\\u12\"", "\"\u{1}\"", "tru", "[1]]", "{\"a\":1,\"a\":2}",
        "{1:2}", String(repeating: "[", count: 100_000),
    ])
    func refusesTheRestInOneLine(_ text: String) {
        let error = #expect(throws: ServerError.self) { _ = try parse(text) }
        #expect(error?.status == .badRequest)
        #expect(error?.message.hasPrefix("body: expected") == true)
        #expect(error?.message.contains("\n") == false)
    }

    @Test func readsBackWhatItWrites() throws {
        let bytes = JSONText.object { text in
            text.key("text")
            text.string("\"\\\n\u{1}é")
            text.key("numbers")
            text.array([Float(0.1), 1e-20, -0.0]) { $0.number($1) }
            text.key("none")
            text.number(Double.nan)
        }
        guard case .object(let members) = try JSONParser.parse(bytes, at: "body") else {
            throw Failure()
        }
        #expect(members["text"] == .string("\"\\\n\u{1}é"))
        #expect(members["numbers"] == .numbers([.real(0.1), .real(1e-20), .real(-0.0)]))
        #expect(members["none"] == .null)
    }

    /// Texts that were changed at random are read or refused, and never end the process.
    @Test func outlivesAnything() throws {
        let text = Array(
            #"{"inputs":[{"name":"x","shape":[1,2],"data":[1.5,-2e3,"\u00e9",true]}]}"#.utf8)
        var random = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            let changed = random.mutate(text)
            do throws(ServerError) {
                _ = try JSONParser.parse(changed, at: "body")
            } catch {
                #expect(error.status == .badRequest)
            }
        }
    }

    private struct Failure: Error {}

    private func parse(_ text: String) throws(ServerError) -> JSONValue {
        try JSONParser.parse(text.utf8, at: "body")
    }
}
