import Foundation
import IoUTestSupport

/// An executable that was built beside the tests.
struct Tool {
    static let iourun = Tool("iourun")
    static let iouc = Tool("iouc")

    let name: String

    private init(_ name: String) {
        self.name = name
    }

    /// What a call left behind.
    struct Outcome {
        let tool: String
        let status: Int32
        let output: String
        let errors: String

        var errorLines: [Substring] { errors.split(separator: "\n") }
    }

    /// Runs the tool and waits for its end. Streams go through files, which never fill up.
    func callAsFunction(_ arguments: [String], in folder: String? = nil) throws -> Outcome {
        let scratch = try TemporaryFolder()
        try scratch.write("output", [])
        try scratch.write("errors", [])
        let process = Process()
        process.executableURL = Tool.folder.appendingPathComponent(name)
        process.arguments = arguments
        process.currentDirectoryURL = folder.map { URL(fileURLWithPath: $0) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: scratch.path("output"))
        process.standardError = FileHandle(forWritingAtPath: scratch.path("errors"))
        try process.run()
        process.waitUntilExit()
        return Outcome(
            tool: name,
            status: process.terminationReason == .exit ? process.terminationStatus : -1,
            output: try scratch.text("output"), errors: try scratch.text("errors"))
    }

    func callAsFunction(_ arguments: String..., in folder: String? = nil) throws -> Outcome {
        try self(arguments, in: folder)
    }

    /// Runs a line of the shell, in which `$TOOL` is the tool.
    func shell(_ line: String, in folder: String) throws -> Outcome {
        let scratch = try TemporaryFolder()
        try scratch.write("output", [])
        try scratch.write("errors", [])
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", line]
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["TOOL": Tool.folder.appendingPathComponent(name).path]) { $1 }
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardOutput = FileHandle(forWritingAtPath: scratch.path("output"))
        process.standardError = FileHandle(forWritingAtPath: scratch.path("errors"))
        try process.run()
        process.waitUntilExit()
        return Outcome(
            tool: name, status: process.terminationStatus, output: try scratch.text("output"),
            errors: try scratch.text("errors"))
    }

    /// The folder of the products: the first above a loaded test binary that holds `iourun`.
    private static let folder: URL = {
        let starts =
            [CommandLine.arguments[0]] + Bundle.allBundles.map(\.bundlePath)
            + [Bundle.main.bundlePath, "/proc/self/exe"]
        for start in starts + CommandLine.arguments {
            var folder = URL(fileURLWithPath: start).resolvingSymlinksInPath()
            for _ in 0..<4 {
                folder.deleteLastPathComponent()
                let tool = folder.appendingPathComponent("iourun").path
                if FileManager.default.isExecutableFile(atPath: tool) { return folder }
            }
        }
        preconditionFailure("iourun was not built beside the tests")
    }()
}

extension TemporaryFolder {
    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path(name))), as: UTF8.self)
    }

    func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: path(name))
    }

    /// Everything in the folder, hidden files too.
    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}
