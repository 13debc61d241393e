import IoURuntime
import Testing

struct IoUErrorTests {
    @Test func namesItsCode() {
        #expect(IoUError.Code.badModel.description == "bad model")
        #expect(IoUError.Code.badModel.rawValue == 10)
        #expect(IoUError(.limit, "text").description == "text")
    }

    @Test func carriesTheLibrarysText() {
        let error = #expect(throws: IoUError.self) { try Model(path: "/nonexistent/model.onnx") }
        #expect(error?.code == .inputOutput)
        #expect(error?.message.contains("/nonexistent/model.onnx") == true)
        #expect(error?.message.contains("\n") == false)
    }

    @Test func refusesBytesThatAreNoModel() {
        for bytes in [[], [1], Array("hello, this is text".utf8)] as [[UInt8]] {
            let error = #expect(throws: IoUError.self) { try Model(bytes: bytes) }
            #expect(error?.code == .badModel, "\(error?.message ?? "")")
        }
    }
}
