import HTTPTypes
import Testing

@testable import IoUServer

struct MultipartTests {
    private let type = "multipart/form-data; boundary=XX"

    @Test func findsParts() throws {
        let body =
            "preamble\r\n--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n0.5\r\n--XX \r\n"
            + "content-disposition:form-data; filename=\"x \\\"y\\\";.png\"; name=picture\r\n"
            + "Content-Type: image/png\r\n\r\n--X\r\n-X\r\n--XX--\r\nepilogue"
        let form = try Multipart(Array(body.utf8), type: type)
        #expect(form.parts.map(\.name) == ["a", "picture"])
        #expect(form.parts.map(\.fileName) == [nil, "x \"y\";.png"])
        #expect(form.text(form.parts[0]) == "0.5")
        #expect(form.text(form.parts[1]) == "--X\r\n-X")
    }

    @Test func takesEmptyPartsAndForms() throws {
        let empty = "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--XX--"
        let form = try Multipart(Array(empty.utf8), type: type)
        #expect(form.text(form.parts[0]) == "")
        #expect(try Multipart(Array("--XX--".utf8), type: type).parts.isEmpty)
    }

    @Test(arguments: [
        "", "--XX", "--XX\r\n", "--XX\r\n\r\n\r\n--XX--", "--YY\r\n",
        "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nx",
        "--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--",
        "--XX\r\nnonsense\r\n\r\nx\r\n--XX--",
        "--XXContent-Disposition: form-data; name=a\r\n\r\nx\r\n--XX--",
        String(repeating: "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n", count: 99),
    ])
    func refusesTheRest(_ body: String) {
        let error = #expect(throws: ServerError.self) {
            _ = try Multipart(Array(body.utf8), type: type)
        }
        #expect(error?.status == .badRequest)
    }

    @Test(arguments: ["multipart/form-data", "multipart/form-data; boundary=", "x; boundary=\"\""])
    func wantsABoundary(_ type: String) {
        let error = #expect(throws: ServerError.self) { _ = try Multipart([], type: type) }
        #expect(error?.message.contains("boundary") == true)
    }

    /// Parts lie in the body, whatever it is.
    @Test func outlivesAnything() {
        let body = Array(
            ("--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n0.5\r\n--XX\r\n"
                + "Content-Disposition: form-data; name=\"p\"; filename=\"x\"\r\n\r\n\u{0}\r\n--XX--\r\n")
                .utf8)
        var random = SeededGenerator(seed: 2)
        for _ in 0..<20_000 {
            let changed = random.mutate(body)
            guard let form = try? Multipart(changed, type: type) else { continue }
            for part in form.parts {
                #expect(part.range.lowerBound <= part.range.upperBound)
                #expect(part.range.upperBound <= changed.count)
                _ = form.text(part)
            }
        }
        for _ in 0..<5_000 {
            let header = String(
                decoding: random.mutate(Array("a; b=\"c\\\"d\"; e=f".utf8)), as: UTF8.self)
            _ = HeaderParameters(header)["b"]
        }
    }
}
