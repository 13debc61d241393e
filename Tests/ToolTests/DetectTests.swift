import Foundation
import IoUTestSupport
import Testing

struct DetectTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
    }

    @Test func printsATable() throws {
        let outcome = try bench.run("tiny.onnx", "cells.png")
        #expect(outcome.status == 0)
        #expect(outcome.errors.isEmpty)
        #expect(
            outcome.output == """
                cells.png: 64 x 64, 2 detections
                class  score      p    IoU    x1    y1    x2    y2
                red    0.701  0.982  0.500  32.0   0.0  64.0  32.0
                green  0.664  0.881  0.500   0.0  32.0  32.0  64.0


                """)
    }

    @Test func writesTheJSONOfTheContract() throws {
        let outcome = try bench.run("tiny.onnx", "cells.png", "--json", "-")
        #expect(outcome.status == 0)
        let report = try #require(try bench.json(outcome.output))
        #expect(report["model"] as? String == "tiny.onnx")
        let image = try #require((report["images"] as? [NSDictionary])?.first)
        #expect(image["file"] as? String == "cells.png")
        #expect(image["width"] as? Int == 64)
        #expect(image["height"] as? Int == 64)
        let found = try #require(image["detections"] as? [NSDictionary])
        #expect(found.map { $0["label"] as? String } == ["red", "green"])
        #expect(found.map { $0["class"] as? Int } == [0, 1])
        #expect(found[0]["box"] as? [Double] == [32, 0, 64, 32])
        #expect(abs((found[0]["score"] as? Double ?? 0) - 0.70071883) < 1e-5)
        #expect(abs((found[0]["probability"] as? Double ?? 0) - 0.98201379) < 1e-5)
        #expect(found[0]["iou"] as? Double == 0.5)
    }

    @Test func saysNullWhereAModelPredictsNoIoU() throws {
        let keys = ["iou.outputs.iou", "iou.outputs.iou.kind", "iou.alpha", "iou.fusion.order"]
        let changes = Dictionary(uniqueKeysWithValues: keys.map { ($0, String?.none) })
        try bench.folder.write("plain.onnx", TinyDetector.model(changing: changes).bytes)
        let outcome = try bench.run("plain.onnx", "cells.png", "--json", "-")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("\"iou\":null"))
        #expect(try bench.run("plain.onnx", "cells.png").output.contains("0.982    -  32.0"))
    }

    @Test func alphaChangesTheScores() throws {
        let one = try bench.run("tiny.onnx", "cells.png", "--alpha", "1")
        #expect(one.output.contains("red    0.982  0.982  0.500"))
        let zero = try bench.run("tiny.onnx", "cells.png", "--alpha", "0", "--max-detections", "1")
        #expect(zero.output.contains("0.500  0.018  0.500") || zero.output.contains("0.500  0.982"))
        #expect(zero.output.contains("1 detection\n"))
    }

    @Test func theReferenceWayFindsTheSame() throws {
        let fast = try bench.run("tiny.onnx", "cells.png", "--threads", "2")
        let plain = try bench.run("tiny.onnx", "cells.png", "--no-optimize", "--threads", "1")
        #expect(fast.output == plain.output)
    }

    @Test func skipsABadPictureAndDoesTheRest() throws {
        try bench.folder.write("cut.png", Array(Pictures.cells.prefix(60)))
        try bench.folder.write("empty.jpg", [])
        try bench.folder.write("page.png", Array("<html>".utf8))
        let outcome = try bench.run(
            "tiny.onnx", "cut.png", "empty.jpg", "page.png", "none.png", "cells.png", "--json",
            "all.json")
        #expect(outcome.status == 1)
        #expect(outcome.errorLines.count == 4, "\(outcome.errors)")
        let names = ["cut.png", "empty.jpg", "page.png", "none.png"]
        for (line, name) in zip(outcome.errorLines, names) {
            #expect(line.contains(name))
        }
        #expect(outcome.output.hasPrefix("cells.png: 64 x 64, 2 detections\n"))
        let report = try #require(try bench.json(bench.folder.text("all.json")))
        #expect((report["images"] as? [NSDictionary])?.count == 1)
    }

    @Test func readsFoldersInOrder() throws {
        for name in ["b.PNG", "a.png", "notes.txt", ".hidden.png", "deep/c.png"] {
            try bench.folder.write("pictures/\(name)", Pictures.cells)
        }
        let outcome = try bench.run("tiny.onnx", "pictures", "--output", "drawn")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
            outcome.errors
                == "iourun: note: folder 'pictures': skipped 1 file: 1 .txt; 1 folder\n")
        let headings = outcome.output.split(separator: "\n").filter { $0.contains("64 x 64") }
        #expect(headings.map { $0.prefix { $0 != ":" } } == ["pictures/a.png", "pictures/b.PNG"])
        let drawn = try FileManager.default.contentsOfDirectory(atPath: bench.folder.path("drawn"))
        #expect(drawn.sorted() == ["a.png", "b.png"])
    }

    @Test func reportsAFolderWithoutPictures() throws {
        try bench.folder.write("pictures/notes.txt", [])
        try expectOneLine(
            bench.run("tiny.onnx", "pictures"), "folder 'pictures'", "skipped 1 file: 1 .txt")
    }

    @Test func namesThatAreNoTextKeepTheJSONValid() throws {
        let make = "cp cells.png \"$(printf 'a\\nb\\377.png')\"; $TOOL tiny.onnx a*.png --json -"
        let outcome = try Tool.iourun.shell(make, in: bench.folder.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        let images = try #require(try bench.json(outcome.output)?["images"] as? [NSDictionary])
        #expect(images.first?["file"] as? String == "a\nb\u{FFFD}.png")
    }
}
