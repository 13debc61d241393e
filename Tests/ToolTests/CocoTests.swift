import Foundation
import IoUTestSupport
import Testing

struct CocoTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
    }

    @Test func numbersPicturesAndClassesByItself() throws {
        try bench.folder.write("cut.png", [1])
        let outcome = try bench.run("tiny.onnx", "cut.png", "cells.png", "--coco", "-")
        #expect(outcome.status == 1)
        let entries = try list(outcome.output)
        #expect(entries.map { $0["image_id"] as? Int } == [2, 2])
        #expect(entries.map { $0["category_id"] as? Int } == [1, 2])
        #expect(entries[0]["bbox"] as? [Double] == [32, 0, 32, 32])
        #expect(abs((entries[0]["score"] as? Double ?? 0) - 0.70071883) < 1e-5)
    }

    @Test func takesTheModelsCategories() throws {
        let changes = ["iou.labels.ids": "7 90"]
        try bench.folder.write("tiny.onnx", TinyDetector.model(changing: changes).bytes)
        let entries = try list(bench.run("tiny.onnx", "cells.png", "--coco", "-").output)
        #expect(entries.map { $0["category_id"] as? Int } == [7, 90])
    }

    @Test func takesTheNumbersOfAnnotationsBesideTheFolder() throws {
        try bench.folder.write("set/images/cells.png", Pictures.cells)
        try bench.folder.write("set/annotations.json", annotations)
        let entries = try list(bench.run("tiny.onnx", "set/images", "--coco", "-").output)
        #expect(entries.map { $0["image_id"] as? Int } == [41, 41])
        #expect(entries.map { $0["category_id"] as? Int } == [9, 4])
    }

    @Test func takesTheNumbersOfTheFileThatIsNamed() throws {
        try bench.folder.write("named.json", annotations)
        let outcome = try bench.run(
            "tiny.onnx", "cells.png", "--coco", "-", "--annotations", "named.json")
        #expect(try list(outcome.output).map { $0["image_id"] as? Int } == [41, 41])
    }

    @Test func reportsAPictureWithoutNumber() throws {
        try bench.folder.write("named.json", annotations)
        try bench.folder.write("other.png", Pictures.cells)
        let outcome = try bench.run(
            "tiny.onnx", "other.png", "cells.png", "--coco", "-", "--annotations", "named.json")
        expectOneLine(outcome, "picture 'other.png'", "named.json")
        #expect(try list(outcome.output).count == 2)
    }

    @Test(arguments: ["", "[]", "{\"images\": 1, \"categories\": []}", "{\"images\": []}"])
    func refusesAnnotationsThatAreNone(_ text: String) throws {
        try bench.folder.write("named.json", Array(text.utf8))
        let outcome = try bench.run(
            "tiny.onnx", "cells.png", "--coco", "out.json", "--annotations", "named.json")
        expectOneLine(outcome, "named.json")
        #expect(!bench.folder.exists("out.json"))
    }

    private let annotations = Array(
        """
        {"images": [{"id": 41, "file_name": "cells.png"}], "annotations": [],
         "categories": [{"id": 4, "name": "green"}, {"id": 9, "name": "red"}]}
        """.utf8)

    private func list(_ text: String) throws -> [NSDictionary] {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(value as? [NSDictionary])
    }
}
