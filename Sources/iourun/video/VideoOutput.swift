import IoUConsole
import IoURuntime
import IoUVideo

extension DrawnOutput {
    /// One path for every video, as for pictures; `nil`: nothing is to be drawn.
    ///
    /// - Throws: `invalidArgument` where a file would be no video by its name; `inputOutput`.
    func videoPaths(for task: DetectionTask) throws(IoUError) -> [FilePath]? {
        guard let output else { return nil }
        let isFile = task.pictures.isOneFile && !output.endsWithSlash
        guard !isFile || output.status?.kind == .folder else {
            try VideoWriter.check(output)
            try task.inputs.check(output)
            return [output]
        }
        return try FolderOutput(output, ending: "mp4", for: task).paths
    }

    var style: DrawingStyle { DrawingStyle(hidesLabels: hideLabels, lineWidth: lineWidth) }
}
