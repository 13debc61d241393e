// Boxes in a picture: detect MODEL PICTURE. Prints label, score and box of each, the best first.
import Foundation
import IoURuntime

func fail(_ message: String, status: Int32) -> Never {
    FileHandle.standardError.write(Data("\(message)\n".utf8))
    exit(status)
}

let arguments = CommandLine.arguments
guard arguments.count == 3 else { fail("usage: detect MODEL PICTURE", status: 64) }

do throws(IoUError) {
    var detector = try Detector(Model(path: arguments[1]))
    let image = try Image(path: arguments[2])
    let options = DetectOptions(scoreThreshold: 0.5)
    for found in try detector.detect(in: image, options: options) {
        let box = [found.box.x1, found.box.y1, found.box.x2, found.box.y2]
        let numbers = box.map { String(format: "%.1f", $0) }.joined(separator: " ")
        print(found.label, String(format: "%.3f", found.score), numbers)
    }
} catch {
    fail("detect: \(error)", status: 1)
}
