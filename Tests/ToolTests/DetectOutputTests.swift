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
            bench.run("tiny.onnx", "cells.png", "--output", output), "wanted another file")
        try expectOneLine(
            bench.run("tiny.onnx", "cells.png", "--json", "tiny.onnx"), "wanted another file")
        let picture = try Data(contentsOf: URL(fileURLWithPath: bench.folder.path("cells.png")))
        #expect(Array(picture) == Pictures.cells)
    }

    @Test(arguments: [
        ["--json", "none/x.json"], ["--coco", "none/x.json"], ["--output", "none/x.png"],
        ["--output", "tiny.onnx/"], ["--json", "/dev/null/x"], ["--output", "x.jpg"],
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
