import Foundation
import IoURuntime
import Testing

/// The code of the articles, compiled and run in the package's folder.
@Suite(.enabled(if: Articles.canRun))
struct ArticleTests {
    @Test func theFirstPage() throws {
        var detector = try Detector(Model(path: "models/blood-cells.onnx"))
        let detections = try detector.detect(in: Image(path: "Examples/smear.png"))
        #expect(!detections.isEmpty)
    }

    @Test func fromAFileToBoxes() async throws {
        let model = try Model(path: "models/blood-cells.onnx")
        var detector = try Detector(model)
        let image = try Image(path: "Examples/smear.png")
        let found = try detector.detect(in: image)

        for cell in found where cell.score > 0.5 {
            print(cell.label, cell.score, cell.box.x1, cell.box.y1, cell.box.x2, cell.box.y2)
        }
        let whiteCells = found["WBC"]
        #expect(whiteCells.first.map { $0.score > 0.8 } == true)

        try FileManager.default.createDirectory(
            atPath: "out", withIntermediateDirectories: true)
        var drawn = image
        try drawn.draw(found.filter { $0.score > 0.6 })
        try drawn.writePNG(to: "out/boxes.png")

        let options = DetectOptions(alpha: 0.4, scoreThreshold: 0.5, maximumDetections: 20)
        let best = try detector.detect(in: image, options: options)
        #expect(best.count == 20)

        let both = try detector.detect(in: [image, drawn], options: options)
        #expect(both[0] == best)

        let frame = [UInt8](repeating: 0, count: 640 * 480 * 4)
        let view = try PixelView(
            frame.span.bytes, width: 640, height: 480, format: .bgra, bytesPerRow: 640 * 4)
        let inFrame = try detector.detect(in: view)
        #expect((inFrame.width, inFrame.height) == (640, 480))

        let server = try await AsyncDetector(model)
        let answer = try await server.detect(inFile: "Examples/smear.png")
        #expect(answer == found)
    }

    @Test func whenSomethingIsWrong() async throws {
        let image = try Image(path: "Examples/smear.png")
        do {
            let other = try await AsyncDetector(Model(path: "missing.onnx"))
            print(try await other.detect(in: image).count)
        } catch {
            if error.code == .inputOutput { print("no such file: \(error)") }
        }
    }

    @Test func anyModel() throws {
        let model = try Model(path: "models/blood-cells.onnx")
        for input in model.inputs {
            print(input.name, input.type ?? "of any type", input.shapeDescription)
        }

        var session = try Session(model)
        let pixels = try Tensor(zeros: .float32, shape: [1, 3, 64, 96])
        let outputs = try session.run(["images": pixels])
        #expect(outputs.count == model.outputs.count)

        var input = pixels
        for step in 0..<3 {
            var elements = try input.mutableElements(as: Float.self)
            elements[0] = Float(step)
            try session.execute(["images": input], outputs: ["cls_logits.p3"])
            let scores = try session.output("cls_logits.p3").elements(as: Float.self)
            print(scores[0])
        }

        var measured = try Session(model, options: SessionOptions(threads: 2, profiles: true))
        try measured.prepare(shapes: ["images": [1, 3, 64, 96]])
        print(measured.memory.intermediateBytes)
        try measured.execute(["images": pixels])
        for step in try measured.profile { print(step.type, step.algorithm, step.milliseconds) }

        let cancellation = Cancellation()
        let bounds = RunOptions(timeout: .seconds(60), cancellation: cancellation)
        try session.execute(["images": pixels], options: bounds)
    }

    @Test(arguments: Articles.files)
    func everyLineIsCompiled(_ file: String) throws {
        let compiled = try Articles.compiled.map { Articles.lines(try Articles.text($0)) }
        for block in Articles.blocks(try Articles.text(file)) {
            let lines = Articles.lines(block)
            let isCompiled = compiled.contains { source in
                source.indices.contains { source[$0...].starts(with: lines) }
            }
            #expect(isCompiled, "\(file) has code that is compiled nowhere:\n\(block)")
        }
    }
}

/// Pages with code, and the sources that have the same lines.
private enum Articles {
    static let pages = "Sources/IoURuntime/IoURuntime.docc"
    static let files = [
        "\(pages)/IoURuntime.md", "\(pages)/FromAFileToBoxes.md", "\(pages)/AnyModel.md",
        "README.md",
    ]
    static let compiled = [
        "Tests/IoURuntimeTests/ArticleTests.swift", "Examples/swift/Package.swift",
        "Examples/swift/Sources/detect/main.swift",
    ]

    /// `swift test` runs in the package's folder; debug kernels are slow.
    static var canRun: Bool {
        #if DEBUG
            false
        #else
            (files + ["models/blood-cells.onnx", "Examples/smear.png"])
                .allSatisfy { FileManager.default.fileExists(atPath: $0) }
        #endif
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    /// Without indentation, empty lines and imports.
    static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n").map { $0.drop { $0 == " " } }
            .filter { !$0.isEmpty && !$0.hasPrefix("import ") }
    }

    /// What is between "```swift" and "```", but for manifests, which tools/check compiles.
    static func blocks(_ page: String) -> [String] {
        page.components(separatedBy: "```swift\n").dropFirst().map { rest in
            rest.components(separatedBy: "```").first ?? ""
        }.filter { !$0.contains("PackageDescription") }
    }
}
