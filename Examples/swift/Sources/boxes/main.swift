// Prints what a detector finds in a picture: label, score, and the box x1 y1 x2 y2 in pixels.
import Foundation
import IoURuntime

let arguments = CommandLine.arguments
guard arguments.count == 3 else {
    print("usage: boxes MODEL.onnx PICTURE")
    exit(64)
}

do throws(IoUError) {
    let model = try Model(path: arguments[1])
    var detector = try Detector(model)
    let image = try Image(path: arguments[2])
    let options = DetectOptions(scoreThreshold: 0.5)
    for found in try detector.detect(in: image, options: options) {
        let box = found.box
        let numbers = [box.x1, box.y1, box.x2, box.y2].map { String(format: "%.1f", $0) }
        print(found.label, String(format: "%.3f", found.score), numbers.joined(separator: " "))
    }
} catch {
    print("boxes: \(error)")
    exit(1)
}
