package import IoURuntime

/// Pictures as the detector gives them to its network.
package struct CalibrationPictures: ~Copyable {
    package let files: [FilePath]
    private var detector: Detector
    /// How often a picture is given, so that it fills the batch of a model that fixes it.
    private let copies: Int

    /// `count` of the pictures, or all where there are fewer, taken evenly from their order.
    ///
    /// - Throws: `badMetadata` where the model does not say how a picture becomes its input.
    package init(
        _ pictures: [FilePath], count: Int, of model: Model, options: SessionOptions
    ) throws(IoUError) {
        let taken = min(count, pictures.count)
        files = (0..<taken).map { pictures[$0 * pictures.count / taken] }
        detector = try Detector(model, options: options)
        let name = detector.info.input.name
        let shape = model.inputs.first { $0.name == name }?.shape ?? []
        if shape.count == 4, case .fixed(let batch) = shape[0] {
            copies = batch
        } else {
            copies = 1
        }
    }

    package var count: Int { files.count }

    /// The network's inputs for a picture, by name.
    mutating func inputs(_ position: Int) throws(IoUError) -> [String: Tensor] {
        let image = try Image(path: files[position])
        do throws(IoUError) {
            return try detector.inputs(for: Array(repeating: image, count: copies))
        } catch {
            throw IoUError(error.code, "'\(files[position])': \(error.message)")
        }
    }
}
