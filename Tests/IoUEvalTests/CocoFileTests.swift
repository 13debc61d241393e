import IoURuntime
import Testing

@testable import IoUEval

struct CocoFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    /// The parts of a file, of which a test changes one.
    private func text(
        images: String = #"{"id": 41, "file_name": "a.png", "width": 100, "height": 80}"#,
        categories: String = #"{"id": 9, "name": "red"}, {"id": 4, "name": "green"}"#,
        annotations: String = #"{"id": 7, "image_id": 41, "category_id": 4, "bbox": [1, 2, 3, 4]}"#
    ) -> String {
        """
        {"info": {"year": 2026, "deep": [[{}], null]}, "images": [\(images)],
         "categories": [\(categories)], "annotations": [\(annotations)]}
        """
    }

    private func read(_ text: String, honoursIgnore: Bool = false) throws -> GroundTruth {
        let path = try folder.write("truth.json", Array(text.utf8))
        return try GroundTruth(coco: FilePath(path), honoursIgnore: honoursIgnore)
    }

    @Test func sortsPicturesAndCategoriesByNumber() throws {
        let truth = try read(
            text(
                images: #"{"id": 8, "file_name": "b.png"}, {"id": 3, "file_name": "a.png"}"#,
                annotations: #"{"id": 1, "image_id": 8, "category_id": 9, "bbox": [0, 0, 1, 1]}"#))
        #expect(truth.pictures.map(\.id) == [3, 8])
        #expect(truth.categories.map(\.name) == ["green", "red"])
        #expect(truth.objects.map(\.picture) == [1])
        #expect(truth.objects.map(\.category) == [1])
        #expect(truth.remarks.count == 1 && truth.remarks[0].contains("'green'"))
    }

    @Test func takesAreaCrowdAndIgnore() throws {
        let annotation = """
            {"id": 7, "image_id": 41, "category_id": 4, "bbox": [1, 2, 3.5, 4e0], "area": 5.5,
             "iscrowd": 1, "ignore": true, "segmentation": {"counts": "\\u00e4\\n", "size": []}}
            """
        let object = try #require(try read(text(annotations: annotation)).objects.first)
        #expect(object.box == BoundingBox(x: 1, y: 2, width: 3.5, height: 4))
        #expect(object.area == 5.5)
        #expect(object.isCrowd)
        #expect(!object.isIgnored)
        #expect(try read(text(annotations: annotation), honoursIgnore: true).objects[0].isIgnored)
    }

    @Test func anObjectWithoutAreaHasThatOfItsBox() throws {
        #expect(try read(text()).objects[0].area == 12)
    }

    @Test(arguments: [
        ("", "its end"), ("[]", "an object"), ("{}", "annotations"),
        ("{\"images\": [}", "images[0]"),
        ("{\"images\": 1}", "'images'"), ("{\"images\": [],}", "JSON"), ("{} x", "JSON"),
    ])
    func refusesWhatIsNoCoco(_ text: String, _ wanted: String) throws {
        try expect(text, wanted)
    }

    @Test(arguments: [
        (#"{"image_id": 41, "category_id": 4, "bbox": [0, 0, 1, 1]}"#, "'id'"),
        (#"{"id": 1, "image_id": 42, "category_id": 4, "bbox": [0, 0, 1, 1]}"#, "found 42"),
        (#"{"id": 1, "image_id": 41, "category_id": 5, "bbox": [0, 0, 1, 1]}"#, "found 5"),
        (#"{"id": 1, "image_id": 41, "category_id": 4, "bbox": [0, 0, 1]}"#, "fewer"),
        (#"{"id": 1, "image_id": 41, "category_id": 4, "bbox": [0, 0, 1, 1, 1]}"#, "more"),
        (#"{"id": 1, "image_id": 41, "category_id": 4, "bbox": [0, 0, -1, 1]}"#, "at least 0"),
        (#"{"id": 1, "image_id": 41, "category_id": 4, "bbox": [0, 0, NaN, 1]}"#, "'NaN'"),
        (#"{"id": 1, "image_id": 41, "category_id": 4, "bbox": [0, 0, 1e999, 1]}"#, "finite"),
        (#"{"id": 1, "image_id": 41, "category_id": 4, "bbox": [90, 0, 20, 1]}"#, "'a.png'"),
        (#"{"id": 1, "image_id": 41, "category_id": 4, "bbox": [0, 0, 1, 1], "area": -1}"#, "area"),
        (#"{"id": 1, "image_id": "41", "category_id": 4, "bbox": [0, 0, 1, 1]}"#, "whole number"),
    ])
    func namesTheAnnotation(_ annotation: String, _ wanted: String) throws {
        try expect(text(annotations: annotation), "annotations[0]", wanted)
    }

    @Test func refusesWhatIsThereTwice() throws {
        let first = #"{"id": 7, "image_id": 41, "category_id": 4, "bbox": [1, 2, 3, 4]}"#
        try expect(text(annotations: "\(first), \(first)"), "annotations[1]", "7 again")
        let image = #"{"id": 41, "file_name": "a.png"}"#
        try expect(text(images: "\(image), \(image)"), "images[1]", "41 again")
        try expect(
            text(images: "\(image), " + #"{"id": 42, "file_name": "a.png"}"#), "images[1]",
            "'a.png'")
        try expect(text(categories: #"{"id": 4}, {"id": 4}"#), "categories[1]", "4 again")
    }

    @Test func namesAMissingPicture() throws {
        let truth = try read(text())
        let error = #expect(throws: IoUError.self) {
            _ = try truth.files(in: FilePath(folder.path))
        }
        #expect(error?.message.contains("a.png") == true)
        try folder.write("a.png", [])
        #expect(try truth.files(in: FilePath(folder.path)).count == 1)
    }

    /// Without the folders of their names, two pictures can lead to one file.
    @Test func namesAPictureThatStandsForTwo() throws {
        let images = #"{"id": 1, "file_name": "a/1.png"}, {"id": 2, "file_name": "b/1.png"}"#
        let truth = try read(text(images: images, annotations: ""))
        try folder.write("1.png", [])
        let error = #expect(throws: IoUError.self) {
            _ = try truth.files(in: FilePath(folder.path))
        }
        #expect(error?.message.contains("picture 2") == true)
        try folder.write("a/1.png", [])
        #expect(try truth.files(in: FilePath(folder.path)).count == 2)
    }

    @Test(arguments: [
        (#"{"image_id": 1, "category_id": 4, "bbox": [0, 0, 1, 1], "score": 1}"#, "'image_id'"),
        (#"{"image_id": 41, "category_id": 1, "bbox": [0, 0, 1, 1], "score": 1}"#, "'category_id'"),
        (#"{"image_id": 41, "category_id": 4, "bbox": [0, 0, 1, 1]}"#, "'score'"),
        (#"{"image_id": 41, "category_id": 4, "bbox": [0, 0, 1, -1], "score": 1}"#, "at least 0"),
        (#"{"image_id": 41, "category_id": 4, "bbox": [0, 0, 1, 1], "score": NaN}"#, "finite"),
    ])
    func namesTheDetection(_ record: String, _ wanted: String) throws {
        let truth = try read(text())
        let good = #"{"image_id": 41, "category_id": 9, "bbox": [0, 0, 1, 1], "score": 0.5}"#
        let path = try folder.write("found.json", Array("[\(good), \(record)]".utf8))
        let error = #expect(throws: IoUError.self) {
            _ = try FoundObject.read(coco: FilePath(path), for: truth)
        }
        for part in ["found.json", "results[1]", wanted] {
            #expect(error?.message.contains(part) == true)
        }
    }

    private func expect(_ text: String, _ wanted: String...) throws {
        let error = #expect(throws: IoUError.self) { _ = try read(text) }
        for part in ["truth.json"] + wanted {
            #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
        }
    }
}
