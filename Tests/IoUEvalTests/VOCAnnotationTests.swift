import IoURuntime
import IoUTestSupport
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
        #expect(truth.pictures.map(\.id) == [.number(1), .number(2)])
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
    func namesTheObject(_ inner: String, _ expected: String) throws {
        try write("a.xml", "a.jpg", object() + "<object>\(inner)</object>")
        try expect("a.xml", "object 2", expected)
    }

    @Test func putsCornersInOrder() throws {
        try write("a.xml", "a.jpg", object("dog", ["20", "21", "11", "40"]) + object())
        try write("b.xml", "b.jpg", object("cat", ["11", "40", "20", "21"]))
        let truth = try read()
        #expect(Set(truth.objects.map(\.box)).count == 1)
        #expect(truth.objects[0].box == BoundingBox(x: 11, y: 21, width: 9, height: 19))
        #expect(truth.remarks.count == 1)
        for part in ["(2)", "'dog' in 'a.xml'", "'cat' in 'b.xml'"] {
            #expect(truth.remarks.first?.contains(part) == true)
        }
        #expect(try read(.pixels).objects[2].box.width == 10)
    }

    /// By edges a box of one line has no area, by pixels it has.
    @Test func leavesBoxesWithoutAreaOut() throws {
        try write("a.xml", "a.jpg", object("cat", ["11", "21", "11", "40"]) + object())
        let truth = try read()
        #expect(truth.objects.map(\.category) == [1])
        #expect(truth.categories.map(\.name) == ["cat", "dog"])
        #expect(truth.remarks.first?.contains("(1): 'cat' in 'a.xml'") == true)
        #expect(try read(.pixels).objects.count == 2)
    }

    @Test(arguments: [
        ("true", true), ("FALSE", false), ("Unspecified", false), ("1", true), ("", false),
    ])
    func takesWordsForDifficult(_ word: String, _ expected: Bool) throws {
        let flag = "<difficult>\(word)</difficult>"
        try write("a.xml", "a.jpg", object("dog", ["1", "1", "2", "2"], flag))
        #expect(try read().objects[0].isIgnored == expected)
    }

    @Test(arguments: [("100.0", true), ("100.", true), ("100.5", false), ("1e2", false)])
    func takesWholeSizes(_ width: String, _ isWhole: Bool) throws {
        let text =
            "<annotation><size><width>\(width)</width><height>8.00</height></size></annotation>"
        try folder.write("a.xml", Array(text.utf8))
        guard isWhole else { return try expect("a.xml", "whole <width>") }
        #expect(try read().pictures[0].size == .init(width: 100, height: 8))
    }

    @Test(arguments: [
        ["11", "21", "120", "40"], ["nan", "1", "2", "3"],
    ])
    func refusesBoxes(_ box: [String]) throws {
        try write("a.xml", "a.jpg", object("dog", box))
        try expect("a.xml", "object 1 (dog)")
    }

    @Test(arguments: [
        ("", "XML"), ("<annotation>", "XML"), ("<html/>", "<html>"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><annotation/>", "document type"),
        ("<!DOCTYPE a [<!ATTLIST b c CDATA 'd'>]><annotation/>", "document type"),
        ("<!DOCTYPE a SYSTEM 'a.dtd'><annotation>&b;</annotation>", "entity"),
        ("<?xml version='1.0' encoding='klingon'?><annotation/>", "'klingon'"),
        (String(repeating: "<a>", count: 1000), "elements"),
    ])
    func refusesWhatIsNoVOC(_ text: String, _ expected: String) throws {
        try folder.write("a.xml", Array(text.utf8))
        try expect("a.xml", expected)
    }

    @Test func takesADocumentTypeThatDefinesNothing() throws {
        let start = "<!DOCTYPE annotation SYSTEM 'a.dtd' [<!ELEMENT annotation ANY>]>"
        try folder.write("a.xml", Array("\(start)<annotation>\(object())</annotation>".utf8))
        #expect(try read().objects.count == 1)
    }

    /// The name of a cat, of which every encoding has another spelling.
    @Test(arguments: [
        ("gb2312", "猫", [0xC3, 0xA8]), ("GBK", "貓", [0xD8, 0x88]),
        ("gb18030", "🐈", [0x94, 0x39, 0xCA, 0x32]), ("gb2312", "貓", [0xD8, 0x88]),
        ("Big5", "貓", [0xBF, 0xDF]), ("Shift_JIS", "猫①", [0x94, 0x4C, 0x87, 0x40]),
        ("euc-jp", "猫", [0xC7, 0xAD]), ("EUC-KR", "괭", [0xB1, 0xAA]),
        ("windows-1252", "Kätzchen", Array("K".utf8) + [0xE4] + Array("tzchen".utf8)),
        ("windows-1251", "кот", [0xEA, 0xEE, 0xF2]), ("iso-8859-2", "ł", [0xB3]),
        ("utf8", "kočka", Array("kočka".utf8)), ("UTF-16", "ネコ", Array("ネコ".utf8)),
    ])
    func readsEncodings(_ encoding: String, _ name: String, _ bytes: [UInt8]) throws {
        let parts = object("?").split(separator: "?").map { Array($0.utf8) }
        let start = "<?xml version=\"1.0\" encoding=\"\(encoding)\"?><annotation>"
        let text = Array(start.utf8) + parts[0] + bytes + parts[1] + Array("</annotation>".utf8)
        try folder.write("a.xml", text)
        #expect(try read().categories.map(\.name) == [name])
    }

    @Test func aByteOrderMarkSaysMoreThanADeclaration() throws {
        let text =
            "<?xml version=\"1.0\" encoding=\"gb2312\"?><annotation>\(object("猫"))</annotation>"
        try folder.write("a.xml", [0xEF, 0xBB, 0xBF] + Array(text.utf8))
        let wide = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        try folder.write("b.xml", [0xFF, 0xFE] + wide)
        #expect(try read().categories.map(\.name) == ["猫"])
        #expect(try read().objects.count == 2)
    }

    @Test func namesBytesThatTheEncodingLacks() throws {
        let start = "<?xml version=\"1.0\" encoding=\"gb2312\"?>\n<annotation>"
        try folder.write("a.xml", Array(start.utf8) + [0xFF, 0xFF])
        try expect("a.xml", "'gb2312'", "line 2")
        try folder.write("a.xml", Array("<annotation>".utf8) + [0xC3, 0xA8] + Array("<a>".utf8))
        try expect("a.xml", "XML")
        try folder.write("a.xml", Array("<annotation>".utf8) + [0xB8, 0xF1])
        try expect("a.xml", "not UTF-8")
    }

    @Test func refusesFoldersWithoutFiles() throws {
        try expect("found none")
    }

    /// What the XML says, what lies in the folder, and what is found there by the name or by a.xml's.
    @Test(arguments: [
        ("x.jpg", ["x.jpg", "a.jpg"], "x.jpg"),
        ("deep/x.jpg", ["deep/x.jpg", "x.jpg"], "deep/x.jpg"),
        ("else/x.jpg", ["x.jpg", "a.jpg"], "x.jpg"),
        (#"C:\data\x.jpg"#, ["x.jpg", "a.jpg"], "x.jpg"),
        ("", ["a.png"], "a.png"), ("x.jpg", ["a.JPEG"], "a.JPEG"), ("x", ["x.jpg"], "x.jpg"),
        ("x.JPG", ["x.png"], "x.png"), ("X.jpg", ["x.jpg"], "x.jpg"),
        ("X.jpg", ["x.jpg", "a.jpg"], "a.jpg"),
        ("x.jpg", ["A.jpg"], "A.jpg"), ("", ["a.txt", "a.xml", "a.jpg"], "a.jpg"),
    ])
    func findsPictures(_ name: String, _ there: [String], _ expected: String) throws {
        try write("xml/a.xml", name, object())
        for file in there { try folder.write("images/\(file)", [1]) }
        #expect(try files().map(\.description) == [folder.path("images/\(expected)")])
    }

    @Test func aFileNameOfSeveralFilesSaysNothing() throws {
        for file in ["a", "b"] {
            try write("xml/\(file).xml", "a.jpg", object())
            try folder.write("images/\(file).jpg", [1])
        }
        #expect(try files().map(\.stem.description) == ["a", "b"])
        let truth = try GroundTruth(voc: FilePath(folder.path("xml")))
        #expect(truth.remarks.count == 1 && truth.remarks[0].contains("'a.jpg'"))
    }

    @Test func namesAPictureThatIsMissingOrThereTwice() throws {
        try write("xml/a.xml", "x.jpg", object())
        try folder.write("images/b.jpg", [1])
        let missing = #expect(throws: IoUError.self) { _ = try files() }
        for part in ["'a.xml'", "'x.jpg'", "'a'"] {
            #expect(missing?.message.contains(part) == true)
        }
        try folder.write("images/a.jpg", [1])
        try folder.write("images/a.png", [1])
        let twice = #expect(throws: IoUError.self) { _ = try files() }
        for part in ["'a.xml'", "a.jpg'", "a.png'"] {
            #expect(twice?.message.contains(part) == true)
        }
        try write("xml/a.xml", "b.jpg", object())
        try write("xml/b.xml", "", object())
        let shared = #expect(throws: IoUError.self) { _ = try files() }
        #expect(shared?.message.contains("'b.xml'") == true)
    }

    private func files() throws -> [FilePath] {
        try GroundTruth(voc: FilePath(folder.path("xml"))).files(
            in: FilePath(folder.path("images")))
    }

    private func expect(_ expected: String...) throws {
        let error = #expect(throws: IoUError.self) { _ = try read() }
        for part in expected {
            #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
        }
    }
}
