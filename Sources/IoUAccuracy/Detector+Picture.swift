package import IoURuntime

extension Detector {
    /// The objects in the picture of a file, which failures name.
    package mutating func detect(
        in image: Image, from file: FilePath, options: DetectOptions = DetectOptions()
    ) throws(IoUError) -> Detections {
        do throws(IoUError) {
            return try detect(in: image, options: options)
        } catch {
            throw IoUError(error.code, "'\(file)': \(error.message)")
        }
    }
}
