import ArgumentParser
import IoUConsole
import IoURuntime

/// The options of one output format, which make its sink.
protocol DetectionFormat: ParsableArguments {
    /// The option that asks for the format and where the result goes; `nil` where nobody asks.
    var target: (option: String, place: ResultTarget)? { get }

    /// The option, where it was given, of a format that has no place for the frames of a video.
    var pictureOption: String? { get }

    /// Files that the format reads for these pictures, which no result may replace.
    func inputs(for pictures: [FilePath]) -> [FilePath]

    /// Checks, before any work, that the result can be written and spares the inputs.
    func sink(for task: DetectionTask) throws(IoUError) -> (any DetectionSink)?
}

extension DetectionFormat {
    var pictureOption: String? { nil }

    func inputs(for pictures: [FilePath]) -> [FilePath] { [] }
}

/// What a detection run reads, which is known before the model is open.
struct DetectionTask {
    let model: FilePath
    let pictures: PictureList

    /// All files that are read.
    let inputs: FileGuard

    /// Whether `pictures` are videos, whose frames the formats take.
    var isVideo = false
}
