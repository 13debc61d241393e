import Foundation
import IoUTestSupport
import Testing

struct EvalTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
        try bench.folder.write("truth.json", Array(truth.utf8))
    }

    private let truth = """
        {"images": [{"id": 1, "file_name": "cells.png"}, {"id": 2, "file_name": "more.png"}],
         "categories": [{"id": 1, "name": "red"}, {"id": 2, "name": "green"}],
         "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 40, 40]}]}
        """

    private func eval(_ list: String, _ more: String...) throws -> Tool.Outcome {
        try bench.folder.write("found.json", Array(list.utf8))
        let arguments = ["eval", "--annotations", "truth.json", "--detections", "found.json"]
        return try Tool.iourun(arguments + more, in: bench.folder.path)
    }

    private let found =
        #"[{"image_id": 1, "category_id": 1, "bbox": [0, 0, 40, 31], "score": 0.5}]"#

    /// An IoU of 0.775 passes six of COCO's ten thresholds.
    @Test func writesJSON() throws {
        let outcome = try eval(found, "--json", "-", "--voc-iou", "0.5,0.8")
        #expect(outcome.status == 0)
        let report = try #require(try bench.json(outcome.output))
        let coco = try #require(report["coco"] as? [String: Double])
        #expect(coco.count == 12)
        #expect(abs((coco["AP"] ?? 0) - 0.6) < 1e-12)
        #expect(coco["APlarge"] == -1)
        let thresholds = try #require(report["thresholds"] as? [String: Double])
        #expect(thresholds["AP75"] == 1 && thresholds["AP80"] == 0)
        let voc = try #require(report["voc"] as? [[String: Double]])
        #expect(voc.map { $0["ap"] } == [1, 0])
        let classes = try #require(report["classes"] as? [NSDictionary])
        #expect(classes.map { $0["name"] as? String } == ["red", "green"])
        #expect((classes[1]["coco"] as? [String: Double])?["AP"] == -1)
        #expect(outcome.errors.contains("'green'"))
    }

    @Test func printsTables() throws {
        let outcome = try eval(found)
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("2 pictures, 1 objects, 1 detections"))
        for title in ["AP90", "APsmall", "AR100", "VOC07"] {
            #expect(outcome.output.contains(title))
        }
    }

    @Test func namesWhatIsWrongBeforeAnythingIsMeasured() throws {
        let outcome = try eval(found.replacing("\"image_id\": 1", with: "\"image_id\": []"))
        expectOneFailure(outcome, "found.json", "results[0]", "found '[]")
        expectOneFailure(try eval(found, "--images", "."), "truth.json", "more.png")
    }

    @Test func countsResultsOfUnknownPictures() throws {
        let outcome = try eval(found.replacing("\"image_id\": 1", with: "\"image_id\": 3"))
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("0 detections"))
        #expect(outcome.errors.contains("found.json': left out 1 of 1 results"))
    }

    /// Two thresholds of one whole percent have titles of their own.
    @Test func titlesThresholdsBetweenPercents() throws {
        let outcome = try eval(found, "--voc-iou", "0.5,0.775,0.7755")
        for title in ["VOC07 AP50 ", "VOC10 AP77.5 ", "VOC07 AP77.55 "] {
            #expect(outcome.output.contains(title), "\(outcome.output)")
        }
    }

    /// A malformed file has names of megabytes.
    @Test func saysNoMoreThanALine() throws {
        let name = String(repeating: "x", count: 1_000_000)
        try bench.folder.write("truth.json", Array(truth.replacing("more", with: name).utf8))
        let outcome = try eval(found, "--images", ".")
        expectOneFailure(outcome, "truth.json", "xxxx", "…")
        #expect(outcome.errors.utf8.count < 10_000)
    }

    @Test func tellsTheNumbersOfVOC() throws {
        let text = """
            <annotation><filename>cells.png</filename><object><name>red</name><bndbox>\
            <xmin>0</xmin><ymin>0</ymin><xmax>40</xmax><ymax>40</ymax></bndbox></object></annotation>
            """
        try bench.folder.write("voc/cells.xml", Array(text.utf8))
        try bench.folder.write("found.json", Array(found.utf8))
        let outcome = try bench.run(
            "eval", "--annotations", "voc", "--detections", "found.json", "--json", "-")
        #expect(outcome.status == 0)
        let coco = try bench.json(outcome.output)?["coco"] as? [String: Double]
        #expect(abs((coco?["AP"] ?? 0) - 0.6) < 1e-12)
        #expect(outcome.errors.contains("1 'red'"))
    }

    @Test func sparesItsInputs() throws {
        expectOneFailure(try eval(found, "--json", "truth.json"), "truth.json", "an input")
        #expect(try bench.folder.text("truth.json") == truth)
    }

    /// The last line, behind notes about the data.
    private func expectOneFailure(_ outcome: Tool.Outcome, _ parts: String...) {
        #expect(outcome.status == 1)
        #expect(outcome.output.isEmpty)
        let line = outcome.errorLines.last ?? ""
        for part in parts { #expect(line.contains(part), "\(line)") }
    }
}
