import CIoU
import CIoUImage
import Foundation
import Testing

@Suite struct DetectionDrawingTests {
    private struct Item {
        var box: (Float, Float, Float, Float)
        var classIndex: Int32 = 0
        var label: [UInt8]? = Array("RBC".utf8)
        var score: Float = 0.87
        var iou: Float = 0.91
    }

    private func copy(_ label: [UInt8]) -> UnsafeMutablePointer<CChar> {
        (label + [0]).withUnsafeBytes {
            strdup($0.baseAddress!.assumingMemoryBound(to: CChar.self))
        }
    }

    private func draw(_ items: [Item], on picture: Picture) -> Picture {
        let labels = items.map { $0.label.map(copy) }
        defer { labels.forEach { free($0) } }
        let raw = zip(items, labels).map { item, label in
            iou_draw_item(
                x1: item.box.0, y1: item.box.1, x2: item.box.2, y2: item.box.3,
                class_index: item.classIndex, label: label.map { UnsafePointer($0) },
                score: item.score, iou: item.iou)
        }
        return picture.withPixels { pixels in
            var error = iou_error()
            let status = iou_draw_detections(&pixels, raw, raw.count, nil, &error)
            #expect(status == IOU_OK, "\(error.message)")
        }
    }

    private func color(_ index: Int32) -> [UInt8] {
        let color = iou_draw_class_color(index)
        return [16, 8, 0].map { UInt8(truncatingIfNeeded: color >> $0) }
    }

    @Test func boxHasTheColorOfItsClass() {
        let found = draw(
            [
                Item(
                    box: (100, 100, 300, 250), classIndex: 2, label: nil,
                    score: .nan, iou: .nan)
            ],
            on: Picture(width: 640, height: 480, gray: 128))
        for (x, y) in [(200, 100), (200, 249), (100, 180), (299, 180)] {
            #expect(found[x, y] == color(2), "at \(x), \(y)")
        }
        #expect(found[200, 180] == [128, 128, 128])
        #expect(found[50, 50] == [128, 128, 128])
        #expect(found[200, 90] == [128, 128, 128], "no words, no tab")
    }

    @Test func tabStandsOnTheBox() {
        let found = draw(
            [Item(box: (100, 100, 300, 250))],
            on: Picture(width: 640, height: 480, gray: 128))
        let tab = (104..<200).filter { found[$0, 90] != [128, 128, 128] }
        #expect(tab.count == 96)
        #expect((104..<200).contains { x in found[x, 90].allSatisfy { $0 > 240 } }, "white words")
    }

    @Test func boxesThatCannotBeSeenAreSkipped() {
        let gray = Picture(width: 64, height: 48, gray: 77)
        let boxes: [(Float, Float, Float, Float)] = [
            (.nan, 1, 9, 9), (1, .nan, 9, 9), (1, 1, .nan, 9), (1, 1, 9, .nan), (9, 1, 1, 9),
            (5, 5, 5, 9), (5, 5, 9, 5), (-9, 1, 0, 9), (64, 1, 90, 9), (1, 48, 9, 60),
            (.infinity, 0, .infinity, 9), (-.infinity, 0, -.infinity, 9), (70, 70, 1e30, 1e30),
        ]
        #expect(draw(boxes.map { Item(box: $0) }, on: gray) == gray)
    }

    @Test func infiniteBoxIsCutAtTheEdges() {
        let found = draw(
            [
                Item(
                    box: (-.infinity, -1e30, .infinity, 1e30), classIndex: 1,
                    label: nil, score: .nan, iou: .nan)
            ],
            on: Picture(width: 64, height: 48, gray: 77))
        #expect(found[32, 0] == color(1))
        #expect(found[32, 47] == color(1))
        #expect(found[0, 24] == color(1))
        #expect(found[63, 24] == color(1))
    }

    @Test func picturesOfAnySizeCanBeDrawnOn() {
        let sizes = [(1, 1), (2, 1), (1, 300), (3, 3), (16, 12), (40000, 4), (2100, 40)]
        for (width, height) in sizes {
            let item = Item(box: (0, 0, Float(width), Float(height)))
            let found = draw([item, item], on: Picture(width: width, height: height, gray: 9))
            #expect(found[width / 2, 0] != [9, 9, 9], "\(width)x\(height)")
        }
    }

    @Test func tilesLeaveNoSeam() {
        let found = draw(
            [Item(box: (10, 10, 2090, 190), label: nil, score: .nan, iou: .nan)],
            on: Picture(width: 2100, height: 200, gray: 50))
        let row = (100..<2000).map { found[$0, 10] }
        #expect(Set(row).count == 1)
    }

    @Test func higherScoreIsOnTop() {
        let low = Item(box: (10, 10, 90, 90), classIndex: 0, label: nil, score: 0.2, iou: .nan)
        let high = Item(box: (10, 10, 90, 90), classIndex: 1, label: nil, score: 0.9, iou: .nan)
        let gray = Picture(width: 100, height: 100, gray: 50)
        #expect(draw([low, high], on: gray)[50, 89] == color(1))
        #expect(draw([high, low], on: gray)[50, 89] == color(1))
    }

    @Test func malformedItemsNeverCrash() {
        let values: [Float] = [.nan, .infinity, -.infinity, 0, -5, 30.5, 63, 64, 1e-38, 3.4e38]
        var items: [Item] = []
        for i in 0..<2000 {
            let pick = { values[(i &* 7919 &+ $0 &* 104_729 &+ i / 3) % values.count] }
            items.append(
                Item(
                    box: (pick(1), pick(2), pick(3), pick(4)),
                    classIndex: [-1, 0, 99, .max, .min][i % 5],
                    label: Array(repeating: UInt8(1 + i % 255), count: i % 200),
                    score: pick(5), iou: pick(6)))
        }
        for size in [(1, 1), (64, 64), (640, 480)] {
            _ = draw(items, on: Picture(width: size.0, height: size.1, gray: 20))
        }
    }

    @Test func labelMayBeAnyBytes() {
        let gray = Picture(width: 320, height: 240, gray: 50)
        let labels: [[UInt8]] = [
            [0xc3], [0xff, 0xfe], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80],
            [0xe2, 0x82], [10, 13, 27], Array("naïve ☃ 漢字".utf8),
            Array(repeating: 0xe2, count: 400),
        ]
        for label in labels {
            let found = draw([Item(box: (20, 60, 200, 200), label: label)], on: gray)
            #expect(found[30, 55] != [50, 50, 50], "has a tab: \(label)")
        }
    }

    @Test func colorsOfClassesDiffer() {
        let colors = (0..<60).map { iou_draw_class_color($0) }
        #expect(Set(colors).count == colors.count)
        #expect(colors.allSatisfy { $0 <= 0xffffff })
        _ = [Int32.min, -1, .max].map(iou_draw_class_color)
    }

    /// As readers without red's or green's cones see them: Machado, Oliveira and Fernandes (2009).
    @Test(arguments: [
        [
            [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
    ])
    func colorsOfFirstClassesDifferForEveryReader(cones: [[Double]]) {
        let colors = (0..<7).map { seen(iou_draw_class_color($0), by: cones) }
        for (number, color) in colors.enumerated() {
            for other in colors[..<number] {
                let squares = zip(color, other).map { ($0 - $1) * ($0 - $1) }
                #expect(squares.reduce(0, +).squareRoot() > 40)
            }
        }
    }

    private func seen(_ color: UInt32, by cones: [[Double]]) -> [Double] {
        let linear = [16, 8, 0].map { shift in
            let value = Double(color >> UInt32(shift) & 255) / 255
            return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return cones.map { row in
            let value = min(max(zip(row, linear).map { $0 * $1 }.reduce(0, +), 0), 1)
            return 255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055)
        }
    }

    @Test func emptyCallsAreHarmless() {
        let gray = Picture(width: 8, height: 8, gray: 3)
        #expect(draw([], on: gray) == gray)
        var pixels = iou_pixels()
        #expect(iou_draw_detections(&pixels, nil, 0, nil, nil) == IOU_INVALID_ARGUMENT)
        #expect(iou_draw_detections(nil, nil, 0, nil, nil) == IOU_INVALID_ARGUMENT)
    }
}
