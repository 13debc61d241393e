import IoUTestSupport
import Testing

/// `iouc` with models whose weights are in a file beside them.
struct ExternalWeightsTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("cells.png", Pictures.cells)
        let outcome = try iouc(
            "export", "m.onnx", "--backbone", "mobilenetv2", "--classes", "2", "--seed", "1",
            "--fpn-channels", "16", "--short-side", "32", "--long-side", "64", "--external-data")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(try folder.names == ["cells.png", "m.onnx", "m.onnx.data"])
        try folder.write("meta.txt", Array("iou.training.note = beside\n".utf8))
    }

    private func iouc(_ arguments: String...) throws -> Tool.Outcome {
        try Tool.iouc(arguments, in: folder.path)
    }

    private func annotate(_ output: String) throws -> Tool.Outcome {
        try iouc("annotate", "m.onnx", output, "--metadata", "meta.txt")
    }

    private func detections(_ model: String) throws -> String {
        let outcome = try Tool.iourun(
            model, "cells.png", "--score-threshold", "0.001", in: folder.path)
        #expect(outcome.status == 0, "\(outcome.errors)")
        return outcome.output
    }

    @Test func inspectAndCheckFindThem() throws {
        let check = try iouc("check", "m.onnx")
        #expect(check.output == "m.onnx: no problems\n")
        let inspect = try iouc("inspect", "m.onnx")
        #expect(inspect.status == 0 && inspect.output.contains("accepted by the runtime"))
        #expect(!inspect.output.contains("unknown:"))
    }

    /// Contents under other names in another folder, as caches of models have them.
    @Test func modelsBehindLinksAreTakenOrRefused() throws {
        let expected = try detections("m.onnx")
        let move = """
            mkdir blobs rev; mv m.onnx blobs/1; mv m.onnx.data blobs/2
            ln -s ../blobs/1 rev/m.onnx; ln -s ../blobs/2 rev/m.onnx.data
            """
        #expect(try Tool.iouc.shell(move, in: folder.path).status == 0)
        #expect(try detections("rev/m.onnx") == expected)
        #expect(try iouc("check", "rev/m.onnx").status == 0)
        #expect(try iouc("optimize", "rev/m.onnx", "o.onnx").status == 0)
        #expect(try Tool.iouc.shell("ln -s ../rev/m.onnx.data blobs", in: folder.path).status == 0)
        for model in ["rev/m.onnx", "blobs/1"] {
            for words in [["inspect", model], ["optimize", model, "n.onnx"], ["check", model]] {
                let outcome = try Tool.iouc(words + ["--refuse-links"], in: folder.path)
                #expect((outcome.output + outcome.errors).contains("symbolic link"), "\(words)")
            }
            let detection = try Tool.iourun(model, "cells.png", "--refuse-links", in: folder.path)
            #expect(detection.status == 1 && detection.errors.contains("symbolic link"))
        }
        #expect(!folder.exists("n.onnx"))
    }

    @Test func missingWeightsAreAProblem() throws {
        #expect(try Tool.iouc.shell("rm m.onnx.data", in: folder.path).status == 0)
        let check = try iouc("check", "m.onnx")
        expectOneLine(check, "1 problem")
        #expect(check.output.contains("m.onnx.data"))
        let inspect = try iouc("inspect", "m.onnx")
        #expect(inspect.status == 0 && inspect.output.contains("m.onnx.data"))
    }

    @Test func annotatedModelsReferToThem() throws {
        let expected = try detections("m.onnx")
        for output in ["same.onnx", "./m.onnx", folder.path("whole.onnx")] {
            let outcome = try annotate(output)
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(try detections(output) == expected)
            let listing = try iouc("inspect", "--metadata", output)
            #expect(listing.output.contains("iou.training.note = beside"))
        }
        #expect(try !folder.names.contains { $0.hasSuffix(".data") && $0 != "m.onnx.data" })
    }

    @Test func annotatingNeverPartsModelAndWeights() throws {
        #expect(try Tool.iouc.shell("mkdir far; cp m.onnx.data far", in: folder.path).status == 0)
        try expectOneLine(annotate("far/m.onnx"), "expected in the folder of 'm.onnx'")
        try expectOneLine(annotate("m.onnx.data"), "has the weights")
        #expect(try iouc("check", "m.onnx").status == 0)
    }

    @Test(arguments: ["m.onnx", "n.onnx", "far/n.onnx"])
    func optimizedModelsHaveTheirOwn(_ output: String) throws {
        let expected = try detections("m.onnx").split(separator: "\n").count
        #expect(try Tool.iouc.shell("mkdir far", in: folder.path).status == 0)
        let outcome = try iouc("optimize", "m.onnx", output)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(folder.exists(output == "m.onnx" ? "m.onnx.1.data" : "\(output).data"))
        #expect(try iouc("check", output).status == 0)
        #expect(try detections(output).split(separator: "\n").count == expected)
    }
}
