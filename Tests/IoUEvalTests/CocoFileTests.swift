import IoURuntime
import IoUTestSupport
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
        #expect(truth.pictures.map(\.id) == [.number(3), .number(8)])
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
        #", "area": null, "iscrowd": null, "ignore": null, "id": null}"#, "}", #", "id": "x"}"#,
    ])
    func membersMayBeNullOrMissing(_ rest: String) throws {
        let start = #"{"image_id": 41, "category_id": 4, "bbox": [1, 2, 3, 4]"#
        let truth = try read(text(annotations: "\(start)\(rest)"))
        #expect(truth.objects.map(\.area) == [12])
        #expect(truth.objects.map(\.id) == [1])
        #expect(truth.objects.map(\.isToBeFound) == [true])
    }

    /// 41 and "41" are one, and "0041" is another.
    @Test func numbersMayBeText() throws {
        let truth = try read(
            text(
                images: #"{"id": "b-2"}, {"id": "0041"}, {"id": "41"}"#,
                annotations: #"{"id": 1, "image_id": 41, "category_id": "9", "bbox": [0, 0, 1, 1]}"#
            ))
        #expect(truth.pictures.map(\.id) == [.text("0041"), .text("41"), .text("b-2")])
        #expect(truth.objects.map(\.picture) == [1])
        #expect(truth.objects.map(\.category) == [1])
        try expect(text(images: #"{"id": 41}, {"id": "41"}"#), "images[1]", "'41' again")
        try expect(text(images: #"{"id": ["41"]}"#), "images[0]", "number or text")
    }

    /// Of UTF-8, and of UTF-16 in both orders.
    @Test func readsByteOrderMarks() throws {
        let text = text(images: #"{"id": 41, "file_name": "ü🐈.png"}"#)
        let units = Array(text.utf16)
        let files: [[UInt8]] = [
            [0xEF, 0xBB, 0xBF] + Array(text.utf8),
            [0xFF, 0xFE] + units.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] },
            [0xFE, 0xFF] + units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] },
        ]
        for file in files {
            let path = FilePath(try folder.write("truth.json", file))
            #expect(try GroundTruth(coco: path).pictures.map(\.fileName) == ["ü🐈.png"])
        }
        let path = FilePath(try folder.write("truth.json", [0xFF, 0xFE, 0x00, 0xD8, 0x00]))
        let error = #expect(throws: IoUError.self) { _ = try GroundTruth(coco: path) }
        #expect(error?.message.contains("UTF-16") == true)
    }

    /// Roboflow's exports have a root of number 0, which may be called like a class.
    @Test func ofTwoCategoriesOfOneNameTheUsedOneCounts() throws {
        let categories =
            #"{"id": 0, "name": "red"}, {"id": 4, "name": "red"}, {"id": 5, "name": "a"}"#
        let truth = try read(text(categories: categories))
        #expect(try truth.categoryIndices() == ["red": 1, "a": 2])
        let numbers = try CocoAnnotations(FilePath(folder.path("truth.json")))
        #expect(try numbers.categoryID(of: "red") == .number(4))
        let both = """
            {"image_id": 41, "category_id": 4, "bbox": [1, 2, 3, 4]},
            {"image_id": 41, "category_id": 0, "bbox": [1, 2, 3, 4]}
            """
        let twice = try read(text(categories: categories, annotations: both))
        #expect(throws: IoUError.self) { _ = try twice.categoryIndices() }
    }

    @Test(arguments: [
        ("", "its end"), ("[]", "an object"), ("{}", "annotations"),
        ("{\"images\": [}", "images[0]"),
        ("{\"images\": 1}", "'images'"), ("{\"images\": [],}", "JSON"), ("{} x", "JSON"),
    ])
    func refusesWhatIsNoCoco(_ text: String, _ expected: String) throws {
        try expect(text, expected)
    }

    @Test(arguments: [
        (#"{"id": 1, "image_id": null, "category_id": 4, "bbox": [0, 0, 1, 1]}"#, "'image_id'"),
        (#"{"id": 1, "image_id": 42, "category_id": 4, "bbox": [0, 0, 1, 1]}"#, "found 42"),
        (#"{"id": 1, "image_id": 41, "category_id": 5, "bbox": [0, 0, 1, 1]}"#, "found 5"),
        (#"{"id": 1, "image_id": 41, "category_id": 4, "bbox": [0, 0, 1]}"#, "fewer"),
        (#"{"id": 1, "image_id": 41, "category_id": 4, "bbox": [0, 0, 1, 1, 1]}"#, "more"),
        (#"{"id": 1, "image_id": 41, "category_id": 4, "bbox": [0, 0, -1, 1]}"#, "at least 0"),
        (#"{"id": 1, "image_id": 41, "category_id": 4, "bbox": [0, 0, NaN, 1]}"#, "'NaN'"),
        (#"{"id": 1, "image_id": 41, "category_id": 4, "bbox": [0, 0, 1e999, 1]}"#, "finite"),
        (#"{"id": 1, "image_id": 41, "category_id": 4, "bbox": [90, 0, 20, 1]}"#, "'a.png'"),
        (#"{"id": 1, "image_id": 41, "category_id": 4, "bbox": [0, 0, 1, 1], "area": -1}"#, "area"),
        (#"{"id": 1, "image_id": 4.5, "category_id": 4, "bbox": [0, 0, 1, 1]}"#, "whole number"),
    ])
    func namesTheAnnotation(_ annotation: String, _ expected: String) throws {
        try expect(text(annotations: annotation), "annotations[0]", expected)
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

    /// The numbers of the others are as without them, which one line tells.
    @Test func leavesResultsOfStrangersOut() throws {
        let truth = try read(text())
        let list = [(40, 9), (41, 9), (41, 1), (40, 1), (41, 8)].map {
            #"{"image_id": \#($0), "category_id": \#($1), "bbox": [0, 0, 1, 1], "score": 0.5}"#
        }
        let path = try folder.write("found.json", Array("[\(list.joined(separator: ","))]".utf8))
        let results = try CocoResults(FilePath(path), for: truth)
        #expect(results.found.map(\.category) == [1])
        #expect(results.remarks.count == 1)
        for part in [
            "found.json", "4 of 5", "2 by their image_id (the first: 40 in results[0])",
            "2 by their category_id (the first: 1 in results[2])",
        ] {
            #expect(results.remarks.first?.contains(part) == true, "\(results.remarks)")
        }
    }

    @Test(arguments: [
        (#"{"image_id": null, "category_id": 4, "bbox": [0, 0, 1, 1], "score": 1}"#, "'image_id'"),
        (#"{"image_id": 41, "category_id": 4, "bbox": [0, 0, 1, 1]}"#, "'score'"),
        (#"{"image_id": 41, "category_id": 4, "bbox": [0, 0, 1, -1], "score": 1}"#, "at least 0"),
        (#"{"image_id": 41, "category_id": 4, "bbox": [0, 0, 1, 1], "score": NaN}"#, "finite"),
    ])
    func namesTheDetection(_ record: String, _ expected: String) throws {
        let truth = try read(text())
        let good = #"{"image_id": 41, "category_id": 9, "bbox": [0, 0, 1, 1], "score": 0.5}"#
        let path = try folder.write("found.json", Array("[\(good), \(record)]".utf8))
        let error = #expect(throws: IoUError.self) {
            _ = try CocoResults(FilePath(path), for: truth)
        }
        for part in ["found.json", "results[1]", expected] {
            #expect(error?.message.contains(part) == true)
        }
    }

    private func expect(_ text: String, _ expected: String...) throws {
        let error = #expect(throws: IoUError.self) { _ = try read(text) }
        for part in ["truth.json"] + expected {
            #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
        }
    }
}
