import Foundation
import Testing

/// Files of the checkout, which may be absent.
private enum Smear {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let model = root.appendingPathComponent("models/blood-cells.onnx").path
    static let picture = root.appendingPathComponent("Examples/smear.png").path

    static var isPresent: Bool {
        [model, picture].allSatisfy { FileManager.default.fileExists(atPath: $0) }
    }

    static var records: Bool {
        ProcessInfo.processInfo.environment["IOU_RECORD_SNAPSHOTS"] != nil
    }

    /// Debug kernels need a minute for a picture.
    static var isFast: Bool {
        #if DEBUG
            false
        #else
            true
        #endif
    }
}

/// The trained detector on the example picture, where both are in the checkout.
@Suite(.enabled(if: Smear.isPresent && Smear.isFast))
struct SmearTests {
    private struct Report: Decodable {
        let images: [Image]

        struct Image: Decodable {
            let width: Int
            let height: Int
            let detections: [Found]
        }

        struct Found: Decodable {
            let label: String
            let score: Double
            let probability: Double
            let iou: Double?
            let box: [Double]
        }
    }

    /// With IOU_RECORD_SNAPSHOTS in the environment, the snapshot is written anew.
    @Test func findsWhatTheSnapshotHolds() throws {
        let outcome = try Tool.iourun(
            "models/blood-cells.onnx", "Examples/smear.png", "--score-threshold", "0.5",
            in: Smear.root.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        if Smear.records { return try SmearSnapshot.record(outcome.output) }
        let found = rows(outcome.output)
        let expected = rows(SmearSnapshot.table)
        #expect(found.count == expected.count, "\(outcome.output)")
        for (left, right) in zip(found, expected) {
            #expect(isClose(left, right), "found \(left), expected \(right)")
        }
    }

    private func rows(_ table: String) -> [[Substring]] {
        table.split(separator: "\n").map { $0.split(separator: " ") }
    }

    /// Words are equal; scores may differ in their last digit, boxes by a fifth of a pixel.
    private func isClose(_ left: [Substring], _ right: [Substring]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).allSatisfy { left, right in
            guard let a = Double(left), let b = Double(right) else { return left == right }
            return abs(a - b) < (max(a, b) > 1 ? 0.21 : 0.0011)
        }
    }

    @Test func fusionFollowsAlpha() throws {
        for found in try detect("--alpha", "1") {
            #expect(found.score == found.probability)
        }
        for found in try detect("--alpha", "0.5") {
            let fused = (found.probability * (found.iou ?? 0)).squareRoot()
            #expect(abs(found.score - fused) < 1e-5)
        }
    }

    @Test func theReferenceWayFindsTheSame() throws {
        let fast = try detect("--max-detections", "20")
        let plain = try detect("--max-detections", "20", "--no-optimize", "--threads", "1")
        #expect(fast.count == plain.count)
        for (left, right) in zip(fast, plain) {
            #expect(abs(left.score - right.score) < 1e-3)
        }
    }

    private func detect(_ arguments: String...) throws -> [Report.Found] {
        let outcome = try Tool.iourun(
            [Smear.model, Smear.picture, "--json", "-"] + arguments)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return try decode(Data(outcome.output.utf8))
    }

    private func decode(_ data: Data) throws -> [Report.Found] {
        try JSONDecoder().decode(Report.self, from: data).images.flatMap(\.detections)
    }
}
