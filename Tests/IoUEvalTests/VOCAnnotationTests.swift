import IoURuntime
import Testing

@testable import IoUEval

struct VOCAnnotationTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func write(_ name: String, _ picture: String, _ objects: String) throws {
        let text = """
            <annotation><filename>\(picture)</filename>
            <size><width>100</width><height>80</height><depth>3</depth></size>\(objects)</annotation>
            """
        try folder.write(name, Array(text.utf8))
    }

    private func object(
        _ name: String = "dog", _ box: [String] = ["11", "21", "20", "40"], _ more: String = ""
    ) -> String {
        let corners = zip(["xmin", "ymin", "xmax", "ymax"], box).map { "<\($0)>\($1)</\($0)>" }
        return "<object><name>\(name)</name>\(more)<bndbox>\(corners.joined())</bndbox></object>"
    }

    private func read(_ boxes: VOCBoxes = .edges) throws -> GroundTruth {
        try GroundTruth(voc: FilePath(folder.path), boxes: boxes)
    }

    @Test func numbersByName() throws {
        try write("b.xml", "2.jpg", object("dog") + object("cat", ["0", "0", "5", "5"]))
        try write(
            "a.xml", "3.jpg", object("zebra", ["1", "1", "2.5", "2"], "<difficult>1</difficult>"))
        try folder.write("notes.txt", [1])
        let truth = try read()
        #expect(truth.pictures.map(\.fileName) == ["3.jpg", "2.jpg"])
        #expect(truth.pictures.map(\.id) == [1, 2])
        #expect(truth.categories.map(\.name) == ["cat", "dog", "zebra"])
        #expect(truth.objects.map(\.category) == [2, 1, 0])
        #expect(truth.objects.map(\.picture) == [0, 1, 1])
        #expect(truth.objects.map(\.isIgnored) == [true, false, false])
        #expect(truth.remarks.isEmpty)
    }

    @Test func cornersAreEdgesOrPixels() throws {
        try write("a.xml", "a.jpg", object())
        #expect(try read().objects[0].box == BoundingBox(x: 11, y: 21, width: 9, height: 19))
        let pixels = try read(.pixels).objects[0]
        #expect(pixels.box == BoundingBox(x: 10, y: 20, width: 10, height: 20))
        #expect(pixels.area == 200)
    }

    /// The challenges mark a person's head, hands and feet in the object.
    @Test func leavesPartsOut() throws {
        let part = "<part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>"
        try write("a.xml", "a.jpg", object("person", ["11", "21", "20", "40"], part))
        #expect(try read().objects.count == 1)
        #expect(try read().objects[0].box.x == 11)
    }

    @Test(arguments: [
        ("<name></name>", "<name>"), ("<name>dog</name>", "<xmin>"),
        ("<name>dog</name><bndbox><xmin>x</xmin></bndbox>", "'x'"),
    ])
    func namesTheObject(_ inner: String, _ wanted: String) throws {
        try write("a.xml", "a.jpg", object() + "<object>\(inner)</object>")
        try expect("a.xml", "object 2", wanted)
    }

    @Test(arguments: [
        ["11", "21", "10", "40"], ["11", "21", "120", "40"], ["nan", "1", "2", "3"],
    ])
    func refusesBoxes(_ box: [String]) throws {
        try write("a.xml", "a.jpg", object("dog", box))
        try expect("a.xml", "object 1 (dog)")
    }

    @Test(arguments: [
        ("", "XML"), ("<annotation>", "XML"), ("<html/>", "<html>"),
        ("<annotation/>", "<filename>"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><annotation/>", "document type"),
        (String(repeating: "<a>", count: 1000), "elements"),
    ])
    func refusesWhatIsNoVOC(_ text: String, _ wanted: String) throws {
        try folder.write("a.xml", Array(text.utf8))
        try expect("a.xml", wanted)
    }

    @Test func refusesFoldersWithoutFilesAndPicturesThatAreThereTwice() throws {
        try expect("found none")
        try write("a.xml", "a.jpg", object())
        try write("b.xml", "a.jpg", object())
        try expect("b.xml", "'a.jpg'")
    }

    private func expect(_ wanted: String...) throws {
        let error = #expect(throws: IoUError.self) { _ = try read() }
        for part in wanted {
            #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
        }
    }
}
