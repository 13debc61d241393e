import Foundation
import IoURuntime
import IoUTestSupport
import Testing

struct AsyncDetectorTests {
    private let model: Model

    /// Some milliseconds of work.
    private let large: Image

    init() throws {
        model = try Model(bytes: TinyDetector.model().bytes)
        let black = [UInt8](repeating: 0, count: 1024 * 1024 * 3)
        large = try Image(width: 1024, height: 1024, pixels: black)
    }

    @Test func findsWhatADetectorFinds() async throws {
        var pixels = [UInt8](repeating: 0, count: 64 * 64 * 3)
        pixels[32 * 3] = 255
        let image = try Image(width: 64, height: 64, pixels: pixels)
        var plain = try Detector(model)
        let detector = try await AsyncDetector(model)
        #expect(detector.labels == ["red", "green"])
        let found = try await detector.detect(in: image)
        #expect(try found == plain.detect(in: image))
        #expect(found.map(\.label) == ["red"])
        let many = try await detector.detect(in: [image, large])
        #expect(many.map(\.count) == [1, 0])
        #expect(try await !detector.profile.isEmpty)
    }

    @Test func readsFilesItself() async throws {
        let detector = try await AsyncDetector(model)
        let folder = try TemporaryFolder()
        try large.writePNG(to: folder.path("black.png"))
        #expect(try await detector.detect(inFile: folder.path("black.png")).isEmpty)
        let error = await #expect(throws: IoUError.self) {
            try await detector.detect(inFile: folder.path("none.png"))
        }
        #expect(error?.code == .inputOutput)
    }

    @Test func refusesAModelThatIsNoDetector() async throws {
        let relu = try Model(bytes: TinyONNX.unary("Relu").bytes)
        let error = await #expect(throws: IoUError.self) { _ = try await AsyncDetector(relu) }
        #expect(error?.code == .badMetadata)
    }

    @Test func stopsWhenItsTaskIsCancelled() async throws {
        let detector = try await AsyncDetector(model)
        let task = Task {
            while true { _ = try await detector.detect(in: large) }
        }
        try await Task.sleep(for: .milliseconds(30))
        task.cancel()
        let error = await #expect(throws: IoUError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(try await detector.detect(in: large).isEmpty)
    }

    @Test func stopsWhenItsFlagIsSet() async throws {
        let detector = try await AsyncDetector(model)
        let cancellation = Cancellation()
        let options = DetectOptions(run: RunOptions(cancellation: cancellation))
        #expect(try await detector.detect(in: large, options: options).isEmpty)
        cancellation.cancel()
        let error = await #expect(throws: IoUError.self) {
            try await detector.detect(in: large, options: options)
        }
        #expect(error?.code == .cancelled)
    }

    /// With as many detections at work as there are threads for tasks, another task goes on: they
    /// are cancelled long before they could end.
    @Test func leavesTheThreadsOfTasksAlone() async throws {
        let black = [UInt8](repeating: 0, count: 4096 * 2048 * 3)
        let huge = try Image(width: 4096, height: 2048, pixels: black)
        var detections: [Task<Detections, any Error>] = []
        for _ in 0..<ProcessInfo.processInfo.activeProcessorCount {
            let detector = try await AsyncDetector(model, options: SessionOptions(threads: 1))
            detections.append(Task { try await detector.detect(in: huge) })
        }
        for _ in 0..<3 { try await Task.sleep(for: .milliseconds(1)) }
        for detection in detections { detection.cancel() }
        for detection in detections {
            let error = await #expect(throws: IoUError.self) { try await detection.value }
            #expect(error?.code == .cancelled)
        }
    }
}
