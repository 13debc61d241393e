import IoURuntime
import Testing

/// Who may be sent to another thread is found out by the compiler: it takes the second function
/// where it can.
private func isSendable<Value: ~Copyable>(_: Value.Type) -> Bool { false }
private func isSendable<Value: ~Copyable & Sendable>(_: Value.Type) -> Bool { true }

struct SendableTests {
    @Test func whatServesOneThreadStaysThere() {
        #expect(!isSendable(Session.self))
        #expect(!isSendable(Detector.self))
    }

    @Test func whatNeverChangesIsShared() {
        #expect(isSendable(Model.self))
        #expect(isSendable(Tensor.self))
        #expect(isSendable(Image.self))
        #expect(isSendable(Detections.self))
        #expect(isSendable(DetectOptions.self))
        #expect(isSendable(SessionOptions.self))
        #expect(isSendable(Cancellation.self))
        #expect(isSendable(IoUError.self))
        #expect(isSendable(AsyncDetector.self))
    }
}
