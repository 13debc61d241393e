import Foundation
import IoUTestSupport
import Testing

/// The tiny detector finds the red and the green cell of cells.png exactly; its IoU is 0.5.
struct EvalModelTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
        try bench.folder.write("images/cells.png", Pictures.cells)
        try bench.folder.write("truth.json", Array(truth.utf8))
    }

    private let truth = """
        {"images": [{"id": 5, "file_name": "cells.png", "width": 64, "height": 64}],
         "categories": [{"id": 9, "name": "green"}, {"id": 4, "name": "red"}],
         "annotations": [
          {"id": 1, "image_id": 5, "category_id": 4, "bbox": [32, 0, 32, 32]},
          {"id": 2, "image_id": 5, "category_id": 9, "bbox": [0, 32, 32, 16]}]}
        """

    private func eval(_ more: String...) throws -> Tool.Outcome {
        let arguments = ["eval", "tiny.onnx", "--images", "images", "--annotations", "truth.json"]
        return try Tool.iourun(arguments + more, in: bench.folder.path)
    }

    /// Red is right at every threshold, green, of which half is true, at 0.5 alone.
    @Test func scoresEveryAlpha() throws {
        let outcome = try eval("--alpha", "0.5:1:0.25", "--json", "-")
        #expect(outcome.status == 0)
        let report = try #require(try bench.json(outcome.output))
        #expect(report["model_alpha"] as? Double == 0.5)
        #expect(report["alpha"] as? Double == 0.5)
        let rows = try #require(report["alphas"] as? [NSDictionary])
        #expect(rows.map { $0["alpha"] as? Double } == [0.5, 0.75, 1])
        for row in rows + [report] {
            #expect(row["found"] as? Int == 2)
            let coco = try #require(row["coco"] as? [String: Double])
            #expect(abs((coco["AP"] ?? 0) - 0.55) < 1e-12 && coco["AP50"] == 1)
        }
        let classes = try #require(report["classes"] as? [NSDictionary])
        #expect(classes.map { $0["name"] as? String } == ["red", "green"])
    }

    @Test func writesWhatItScores() throws {
        #expect(try eval("--coco", "found.json").status == 0)
        let entries = try #require(
            try JSONSerialization.jsonObject(
                with: Data(contentsOf: URL(fileURLWithPath: bench.folder.path("found.json"))))
                as? [NSDictionary])
        #expect(entries.map { $0["image_id"] as? Int } == [5, 5])
        #expect(entries.map { $0["category_id"] as? Int } == [4, 9])
        let again = try bench.run(
            "eval", "--detections", "found.json", "--annotations", "truth.json", "--json", "-")
        let first = try bench.json(eval("--json", "-").output)
        #expect(try bench.json(again.output)?["coco"] as? NSDictionary != nil)
        #expect(
            try bench.json(again.output)?["coco"] as? NSDictionary
                == first?["coco"] as? NSDictionary)
    }

    /// A box that contains its last pixel is a pixel wider than its corners are apart.
    @Test func countsTheLastPixel() throws {
        let changes = [
            "iou.boxes.convention": "inclusive", "iou.anchors": "0.0 0.0 31.0 31.0",
            "iou.clip.limit": "last-pixel", "iou.coder.half_pixel": "yes",
        ]
        try bench.folder.write("tiny.onnx", TinyDetector.model(changing: changes).bytes)
        let report = try bench.json(eval("--json", "-", "--explain").output)
        #expect(abs(((report?["coco"] as? [String: Double])?["AP"] ?? 0) - 0.55) < 1e-12)
        let explain = try #require(report?["explain"] as? NSDictionary)
        let oracle = try #require((explain["oracle"] as? [NSDictionary])?.first)
        #expect((oracle["coco"] as? [String: Double])?["AP50"] == 1)
    }

    @Test func explainsAndDraws() throws {
        let outcome = try eval("--explain", "scatter.png", "--plot", "alpha.png")
        #expect(outcome.status == 0)
        for title in ["Spearman+", "predicted IoU", "0.5 (model)", "true IoU in place", "APmedium"]
        {
            #expect(outcome.output.contains(title))
        }
        for picture in ["scatter.png", "alpha.png"] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: bench.folder.path(picture)))
            #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
        }
        let report = try bench.json(eval("--explain", "--json", "-").output)
        let explain = try #require(report?["explain"] as? NSDictionary)
        #expect(explain["detections"] as? Int == 2 && explain["positives"] as? Int == 2)
        #expect((explain["iou"] as? [String: NSDictionary])?["all"]?["pearson"] is NSNull)
        #expect(
            (explain["probability"] as? [String: NSDictionary])?["all"]?["pearson"] as? Int == 1)
    }

    @Test func tellsOfAModelWithoutIoU() throws {
        let changes: [String: String?] = [
            "iou.outputs.iou": nil, "iou.outputs.iou.kind": nil, "iou.alpha": nil,
            "iou.fusion.order": nil,
        ]
        try bench.folder.write("tiny.onnx", TinyDetector.model(changing: changes).bytes)
        let report = try bench.json(eval("--explain", "--json", "-").output)
        #expect(report?["alpha"] as? Double == 1)
        let explain = try #require(report?["explain"] as? NSDictionary)
        #expect(explain["probability"] != nil && explain["iou"] == nil && explain["score"] == nil)
        #expect(try eval("--alpha", "1").status == 0)
        #expect(try eval("--explain", "scatter.png").status == 0)
        let picture = try Data(contentsOf: URL(fileURLWithPath: bench.folder.path("scatter.png")))
        let width = picture[16..<20].reduce(0) { $0 << 8 | Int($1) }
        #expect(width >= 800, "a lone panel leaves no room for title and legend")
        expectOneFailure(try eval("--alpha", "0.5"), "--alpha", "one that does not")
        expectOneFailure(try eval("--plot", "p.png"), "--plot", "one that does not")
    }

    /// What the model finds of green counts nowhere; the box of blue is never found.
    @Test func matchesClassesByName() throws {
        try bench.folder.write(
            "truth.json", Array(truth.replacing("\"green\"", with: "\"blue\"").utf8))
        let outcome = try eval("--coco", "found.json", "--json", "-")
        #expect(outcome.status == 0)
        #expect(outcome.errorLines.count == 2)
        #expect(outcome.errors.contains("no category 'green'"))
        #expect(outcome.errors.contains("no class 'blue'"))
        let report = try #require(try bench.json(outcome.output))
        #expect(report["found"] as? Int == 1 && report["objects"] as? Int == 2)
        #expect((report["coco"] as? [String: Double])?["AP50"] == 0.5)
        let entries = try JSONSerialization.jsonObject(
            with: Data(bench.folder.text("found.json").utf8))
        #expect((entries as? [NSDictionary])?.map { $0["category_id"] as? Int } == [4])
    }

    @Test func refusesClassesOfWhichNoneMatch() throws {
        let other = truth.replacing("\"green\"", with: "\"blue\"").replacing(
            "\"red\"", with: "\"RED\"")
        try bench.folder.write("truth.json", Array(other.utf8))
        expectOneFailure(
            try eval(), "'red', 'green' only in the model", "'RED', 'blue' only in the annotations")
    }

    /// Roboflow's exports have a category that nothing has, and leaves numbers as they are.
    @Test func aRootCategoryChangesNothing() throws {
        let plain = try bench.json(eval("--json", "-").output)
        let root = #""categories": [{"id": 0, "name": "cells"}, "#
        try bench.folder.write(
            "truth.json", Array(truth.replacing("\"categories\": [", with: root).utf8))
        let outcome = try eval("--json", "-")
        #expect(outcome.errorLines.count == 1 && outcome.errors.contains("'cells'"))
        let report = try bench.json(outcome.output)
        #expect(report?["coco"] as? NSDictionary == plain?["coco"] as? NSDictionary)
    }

    @Test func writesTheTextThatNumbersAre() throws {
        try bench.folder.write(
            "truth.json",
            Array(
                truth.replacing("\"id\": 5", with: "\"id\": \"e\"").replacing(
                    "\"image_id\": 5", with: "\"image_id\": \"e\""
                ).utf8))
        #expect(try eval("--coco", "found.json").status == 0)
        let entries = try JSONSerialization.jsonObject(
            with: Data(bench.folder.text("found.json").utf8))
        #expect((entries as? [NSDictionary])?.map { $0["image_id"] as? String } == ["e", "e"])
    }

    @Test func namesPicturesThatDoNotFit() throws {
        try bench.folder.write("truth.json", Array(truth.replacing("cells", with: "gone").utf8))
        expectOneFailure(try eval(), "picture 5", "gone.png")
        try bench.folder.write(
            "truth.json", Array(truth.replacing("\"width\": 64", with: "\"width\": 80").utf8))
        expectOneFailure(try eval(), "cells.png", "expected 80x64 pixels", "found 64x64")
        try bench.folder.write("truth.json", Array(truth.utf8))
        try bench.folder.write("images/cells.png", Array(Pictures.cells.prefix(60)))
        expectOneFailure(try eval("--json", "out.json"), "cells.png")
        #expect(!bench.folder.exists("out.json"))
    }

    /// A network that runs takes hours for what a broken file ends at once: this one, which does
    /// not run for pictures of another size, is not asked.
    @Test func looksAtEveryPictureBeforeTheNetworkRuns() throws {
        var model = TinyDetector.model()
        model.inputs[0].shape = [1, 3, 32, 32]
        try bench.folder.write("tiny.onnx", model.bytes)
        expectOneFailure(try eval(), "cells.png", "32")
        let more = #"{"id": 6, "file_name": "more.png"}, {"id": 5"#
        try bench.folder.write("truth.json", Array(truth.replacing("{\"id\": 5", with: more).utf8))
        try bench.folder.write("images/more.png", Array(Pictures.cells.prefix(60)))
        expectOneFailure(try eval(), "more.png")
    }

    @Test func sparesItsInputs() throws {
        expectOneFailure(try eval("--coco", "truth.json"), "truth.json", "an input")
        expectOneFailure(try eval("--plot", "images/cells.png"), "cells.png", "an input")
        expectOneFailure(try eval("--plot", "plot.jpg"), "plot.jpg", "ending in .png")
    }

    @Test(arguments: [
        [], ["tiny.onnx"], ["tiny.onnx", "--images", "images", "--detections", "found.json"],
        ["--detections", "found.json", "--alpha", "0.5"],
        ["--detections", "found.json", "--explain"],
        ["--detections", "found.json", "--score-threshold", "0.5"],
        ["--detections", "found.json", "--nms-threshold", "0.5"],
        ["--detections", "found.json", "--max-detections", "5"],
        ["--detections", "found.json", "--threads", "1"],
        ["--detections", "found.json", "--no-optimize"],
        ["tiny.onnx", "--images", "images", "--alpha", "0,2"],
        ["tiny.onnx", "--images", "images", "--alpha", "0:1"],
        ["tiny.onnx", "--images", "images", "--alpha", "0:1:0"],
        ["tiny.onnx", "--images", "images", "--alpha", "0.5,0.5"],
        ["tiny.onnx", "--images", "images", "--explain", "plot.txt"],
        ["tiny.onnx", "--images", "images", "--plot", "a.png", "--explain", "a.png"],
        ["tiny.onnx", "--images", "images", "--json", "-", "--coco", "-"],
    ])
    func wrongUsageIs64(_ arguments: [String]) throws {
        let outcome = try Tool.iourun(
            ["eval", "--annotations", "truth.json"] + arguments, in: bench.folder.path)
        #expect(outcome.status == 64)
        #expect(outcome.output.isEmpty && !outcome.errors.isEmpty)
    }

    private func expectOneFailure(_ outcome: Tool.Outcome, _ parts: String...) {
        #expect(outcome.status == 1)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errorLines.count == 1)
        for part in parts { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
    }
}
