import IoUConsole
package import IoUEval
package import IoURuntime

extension GroundTruth {
    /// Reads what is at a path, and tells how far it is.
    package static func read(
        _ path: FilePath, options: Options = Options()
    ) throws(IoUError) -> GroundTruth {
        var progress: Progress?
        defer { progress?.clear() }
        return try GroundTruth(path: path, options: options) { done, count in
            if progress == nil { progress = Progress(total: count, work: "reading") }
            progress?.update(done: done)
        }
    }
}
