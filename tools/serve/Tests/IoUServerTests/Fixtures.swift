import IoURuntime

@testable import IoUServer

/// The detector and the picture that come with the repository.
enum Fixtures {
    static let model = "\(root)/models/blood-cells.onnx"

    static func picture() throws -> [UInt8] {
        try Image(path: "\(root)/Examples/smear.png").encodedPNG()
    }

    static func job(
        _ parameters: DetectParameters = DetectParameters(), keeps: Bool = false,
        for time: Duration = .seconds(60)
    ) throws -> Job {
        let work = DetectWork(
            picture: try picture(), parameters: parameters, draws: false, keeps: keeps)
        return Job(.detect(work), deadline: .now + time)
    }

    static func pool(limit: Int = 8, largestBatch: Int = 1, delay: Duration = .zero) -> Pool {
        Pool(
            limit: limit, largestBatch: largestBatch, batchDelay: delay,
            metrics: ModelMetrics(model: "m", registry: MetricsRegistry()))
    }

    private static var root: String {
        #filePath.split(separator: "/").dropLast(5).reduce("") { "\($0)/\($1)" }
    }
}
