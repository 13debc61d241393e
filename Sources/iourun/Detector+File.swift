import IoURuntime

extension Detector {
    /// The detector of a model file, which failures name.
    static func open(
        _ model: Model, from path: FilePath, options: SessionOptions
    ) throws(IoUError) -> Detector {
        do throws(IoUError) {
            return try Detector(model, options: options)
        } catch {
            throw IoUError(error.code, "'\(path)': \(error.message)")
        }
    }
}
