import Foundation
import IoUTestSupport
import Testing

struct DetectOutputTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
    }

    @Test func drawsOnePictureToAFile() throws {
        #expect(try bench.run("tiny.onnx", "cells.png", "--output", "drawn.png").status == 0)
        let drawn = try Data(contentsOf: URL(fileURLWithPath: bench.folder.path("drawn.png")))
        #expect(drawn.starts(with: [0x89] + Array("PNG".utf8)))
        #expect(Array(drawn) != Pictures.cells)
    }

    @Test func drawsIntoAFolderThatItMakes() throws {
        #expect(try bench.run("tiny.onnx", "cells.png", "--output", "a/b/").status == 0)
        #expect(bench.folder.exists("a/b/cells.png"))
        try bench.folder.write("other/cells.png", Pictures.cells)
        let two = try bench.run("tiny.onnx", "cells.png", "other/cells.png", "--output", "two")
        #expect(two.status == 0)
        #expect(bench.folder.exists("two/cells.png"))
        #expect(bench.folder.exists("two/cells-2.png"))
    }

    @Test(arguments: ["cells.png", ".", "./link.png"])
    func neverWritesOverAnInput(_ output: String) throws {
        try FileManager.default.createSymbolicLink(
            atPath: bench.folder.path("link.png"), withDestinationPath: "cells.png")
        try expectOneLine(
            bench.run("tiny.onnx", "cells.png", "--output", output), "expected another file")
        try expectOneLine(
            bench.run("tiny.onnx", "cells.png", "--json", "tiny.onnx"), "expected another file")
        let picture = try Data(contentsOf: URL(fileURLWithPath: bench.folder.path("cells.png")))
        #expect(Array(picture) == Pictures.cells)
    }

    @Test(arguments: [
        ["--json", "none/x.json"], ["--coco", "none/x.json"], ["--output", "none/x.png"],
        ["--output", "tiny.onnx/"], ["--json", "/dev/null/x"], ["--output", "x.gif"],
    ])
    func refusesOutputsThatCannotBeWritten(_ option: [String]) throws {
        let before = try bench.folder.names
        try expectOneLine(
            Tool.iourun(["tiny.onnx", "cells.png"] + option, in: bench.folder.path))
        #expect(try bench.folder.names == before)
    }

    @Test func keepsTheOldFileWhenTheWorkFails() throws {
        try bench.folder.write("old.json", Array("old".utf8))
        #expect(try bench.run("none.onnx", "cells.png", "--json", "old.json").status == 1)
        #expect(try bench.folder.text("old.json") == "old")
        #expect(try bench.run("tiny.onnx", "cells.png", "--json", "old.json").status == 0)
        #expect(try bench.folder.text("old.json").hasPrefix("{"))
        #expect(try bench.folder.names == ["cells.png", "old.json", "tiny.onnx"])
    }

    /// Be it without number for COCO's list, or its drawing not to be written.
    @Test func aPictureThatOneOutputCannotTakeIsInNone() throws {
        try bench.folder.write("other.png", Pictures.cells)
        try bench.folder.write("third.png", Pictures.cells)
        try bench.folder.write("drawn/third.png/file", [])
        let text = """
            {"images": [{"id": 1, "file_name": "cells.png"}, {"id": 3, "file_name": "third.png"}],
             "categories": [{"id": 4, "name": "green"}, {"id": 9, "name": "red"}]}
            """
        try bench.folder.write("named.json", Array(text.utf8))
        let outcome = try bench.run(
            "tiny.onnx", "other.png", "third.png", "cells.png", "--json", "found.json", "--coco",
            "results.json", "--annotations", "named.json", "--output", "drawn")
        #expect(outcome.status == 1)
        #expect(outcome.errorLines.count == 2, "\(outcome.errors)")
        #expect(outcome.errors.contains("'other.png'"))
        #expect(outcome.errors.contains("drawn/third.png"))
        #expect(!outcome.output.contains("other.png") && !outcome.output.contains("third.png"))
        let report = try bench.json(bench.folder.text("found.json"))
        let images = try #require(report?["images"] as? [NSDictionary])
        #expect(images.map { $0["file"] as? String } == ["cells.png"])
        let results = try bench.folder.text("results.json")
        #expect(results.contains("\"image_id\":1") && !results.contains("\"image_id\":3"))
        #expect(bench.folder.exists("drawn/cells.png"))
        #expect(!bench.folder.exists("drawn/other.png"))
    }

    /// A device takes any number of results.
    @Test func twoResultsMayGoToOneDevice() throws {
        let outcome = try bench.run(
            "tiny.onnx", "cells.png", "--json", "/dev/null", "--coco", "/dev/null")
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("cells.png"))
    }

    @Test func endsQuietlyWhenNobodyReads() throws {
        let closed = try Tool.iourun.shell("$TOOL tiny.onnx cells.png >&-", in: bench.folder.path)
        #expect(closed.status == 1)
        #expect(closed.errors.isEmpty)
        let many = String(repeating: " cells.png", count: 300)
        let piped = try Tool.iourun.shell(
            "{ $TOOL tiny.onnx\(many); echo status $? >&2; } | true", in: bench.folder.path)
        #expect(piped.errors == "status 1\n")
    }

    @Test func saysThatTheDeviceIsFull() throws {
        let full = try Tool.iourun.shell(
            "$TOOL tiny.onnx cells.png >/dev/full", in: bench.folder.path)
        expectOneLine(full, "standard output")
        expectOneLine(
            try bench.run("tiny.onnx", "cells.png", "--json", "/dev/full"), "/dev/full")
    }
}
