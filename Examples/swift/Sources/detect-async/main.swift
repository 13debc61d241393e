// Boxes in a picture, found in a task: detect-async MODEL PICTURE. Prints label and score of each.
import Foundation
import IoURuntime

let arguments = CommandLine.arguments
guard arguments.count == 3 else {
    FileHandle.standardError.write(Data("usage: detect-async MODEL PICTURE\n".utf8))
    exit(64)
}

do {
    let server = try await AsyncDetector(Model(path: arguments[1]))
    for found in try await server.detect(inFile: arguments[2]) where found.score > 0.5 {
        print(found.label, String(format: "%.3f", found.score))
    }
} catch {
    FileHandle.standardError.write(Data("detect-async: \(error.code): \(error)\n".utf8))
    exit(1)
}
