import IoURuntime
import IoUTestSupport
import Testing

/// What metadata says, against the values that the test wrote into it.
struct DetectorInfoTests {
    private func info(_ changes: [String: String?] = [:]) throws -> DetectorInfo {
        try Model(bytes: TinyDetector.model(changing: changes).bytes).detectorInfo
    }

    @Test func saysWhatTheMetadataSays() throws {
        let info = try info()
        #expect(info.outputs == .maps(levels: 1, anchorsPerCell: 1, strides: [32]))
        #expect(info.hasMaps && info.canRescore && info.predictsIoU && !info.predictsObjectness)
        #expect(info.notReported == nil && !info.input.isCentred)
        #expect(info.boxes == .edges)
        #expect(info.labels == ["red", "green"] && info.categoryIDs == [1, 2])
        #expect(info.alpha == 0.5)
        #expect(info.scoreThreshold == 0.3 && info.nmsThreshold == 0.5)
        #expect(info.maximumDetections == 100)
        let input = info.input
        #expect(input.name == "input" && input.layout == .planar && input.channels == .rgb)
        #expect(input.range == 1 && input.mean == [0, 0, 0])
        #expect(input.standardDeviation == [1, 1, 1])
        #expect(input.resize == .none && input.padding == .multiple(32))
        #expect(!input.isAntialiased && !input.roundsToBytes)
        #expect(input.paddingValue == 0 && !input.paddingIsPixel)
    }

    @Test func everyValueComesFromItsKey() throws {
        let info = try info([
            "iou.boxes.convention": "inclusive", "iou.labels.ids": "7 -3",
            "iou.strides": "padded/map", "iou.alpha": "0.4", "iou.score.threshold": "0.25",
            "iou.nms.threshold": "0.75", "iou.detections.max": "9", "iou.input.color": "bgr",
            "iou.input.range": "255", "iou.input.mean": "1.5 2.5 3.5",
            "iou.input.std": "4.0 5.0 6.0", "iou.input.resize": "short-then-long 48 80",
            "iou.input.resize.antialias": "yes", "iou.input.resize.precision": "8-bit",
            "iou.input.pad": "multiple 16", "iou.input.pad.value": "114.0",
            "iou.input.pad.when": "before-normalise",
        ])
        #expect(info.boxes == .inclusive && info.categoryIDs == [7, -3])
        #expect(info.outputs == .maps(levels: 1, anchorsPerCell: 1, strides: nil))
        #expect(info.alpha == 0.4 && info.scoreThreshold == 0.25 && info.nmsThreshold == 0.75)
        #expect(info.maximumDetections == 9)
        let input = info.input
        #expect(input.channels == .bgr && input.range == 255)
        #expect(input.mean == [1.5, 2.5, 3.5] && input.standardDeviation == [4, 5, 6])
        #expect(input.resize == .shortThenLong(48, 80) && input.padding == .multiple(16))
        #expect(input.isAntialiased && input.roundsToBytes)
        #expect(input.paddingValue == 114 && input.paddingIsPixel)
        let fit = try self.info(["iou.input.resize": "fit 64 96", "iou.input.pad": "exact"]).input
        #expect(fit.resize == .fit(height: 64, width: 96) && fit.padding == .exact)
        let stretched = try self.info([
            "iou.input.resize": "stretch 64 96", "iou.input.pad": "exact",
            "iou.boxes.scale": "sizes", "iou.input.pad.side": "centre",
        ]).input
        #expect(stretched.resize == .stretch(height: 64, width: 96) && stretched.isCentred)
        let plain = try self.info([
            "iou.outputs.iou": nil, "iou.outputs.iou.kind": nil, "iou.alpha": nil,
            "iou.fusion.order": nil,
        ])
        #expect(!plain.predictsIoU && plain.alpha == 1)
    }

    /// Without any `iou.*` key, as ultralytics writes files.
    @Test func filesOfUltralyticsHaveIt() throws {
        var model = TinyDetector.model()
        model.metadata = [("names", "{0: 'red', 1: 'green'}"), ("task", "classify")]
        let error = #expect(throws: IoUError.self) {
            _ = try Model(bytes: model.bytes).detectorInfo
        }
        #expect(error?.message.contains("'task'") == true)
    }

    @Test func outlivesItsModel() throws {
        let found = try info(["iou.labels": "größer\nzweite"])
        #expect(found.labels == ["größer", "zweite"])
        #expect(try Detector(Model(bytes: TinyDetector.model().bytes)).info == info())
    }

    @Test func modelsThatCannotRunHaveIt() throws {
        var model = TinyDetector.model()
        model.nodes[0].type = "Frobnicate"
        var options = ModelOptions()
        options.allowsMissingOperators = true
        #expect(try Model(bytes: model.bytes, options: options).detectorInfo == info())
    }

    @Test func refusesWhatTheDetectorRefuses() throws {
        for changes in [["iou.labels": nil], ["iou.input.color": "gbr"], ["iou.new": "1"]] {
            let model = try Model(bytes: TinyDetector.model(changing: changes).bytes)
            let (asked, opened) = (
                #expect(throws: IoUError.self) { try model.detectorInfo },
                #expect(throws: IoUError.self) { _ = try Detector(model) }
            )
            #expect(asked == opened && asked?.code == .badMetadata)
        }
        let plain = try Model(bytes: TinyONNX.unary("Relu").bytes)
        #expect(throws: IoUError.self) { try plain.detectorInfo }
    }
}
