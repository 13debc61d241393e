import IoUGraph
import Testing

@testable import IoUModels

@Suite("Labels")
struct LabelsTests {
    @Test(arguments: ["a\nb c", "a\nb c\n", "a\r\nb c\r\n", "a\nb c\n\n"])
    func linesAreLabels(_ text: String) throws {
        #expect(try Labels(text: text).names == ["a", "b c"])
    }

    @Test(arguments: ["", "\n", "a\n\nb", "a\u{7}", "a\tb"])
    func badTextsAreRefused(_ text: String) {
        #expect(throws: GraphError.self) { try Labels(text: text) }
    }

    @Test func cocoHasItsCategoryNumbers() {
        #expect(Labels.coco.names.count == 80)
        #expect(Labels.coco.ids?.count == 80)
        #expect(Labels.numbered(80) == .coco)
        #expect(Labels.numbered(2).names == ["class 0", "class 1"])
    }
}
