import ArgumentParser
import Glibc
import IoUConsole
import IoURuntime
import IoUVideo

/// `iourun MODEL.onnx IMAGE...`
struct Detect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Finds objects in pictures and videos.",
        usage: "iourun [detect] MODEL.onnx IMAGE... [options]",
        discussion: """
            Prints a table for every picture: class, fused confidence S, class probability p, \
            predicted IoU, and the box in pixels of the picture. A picture that cannot be read is \
            reported and skipped; the exit status is then 1. Of a folder pictures are taken, by their \
            names, and by their contents where the name has no ending or one that other files have \
            too; what else is there is counted on standard error. This build reads \
            \(Image.formats).

            Of a video (this build: \(VideoSource.part)) each frame is looked at: files, pipes, \
            addresses such as rtsp://host/path, and /dev/video0. A damaged one keeps what was read; the \
            exit status is then 1. Ctrl-C ends a stream, and its outputs are written.
            """)

    @Argument(
        help: "A model with detector metadata, or one that ultralytics exported.",
        completion: .file(extensions: ["onnx"]))
    var model: FilePath

    @Argument(
        help: "Pictures, folders of them, patterns, or videos; '-': standard input.",
        completion: .file())
    var images: [FilePath]

    @Flag(help: "Look into the folders of folders.")
    var recursive = false

    @OptionGroup var outputs: OutputArguments

    @Option(
        help: ArgumentHelp(
            "The exponent of p in S = p^A * IoU^(1 - A), 0 to 1 (default: the model's).",
            valueName: "A"))
    var alpha: Float?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Report these classes alone.", valueName: "name"))
    var classes: [String] = []

    @OptionGroup var video: VideoArguments
    @OptionGroup var selection: SelectionArguments
    @OptionGroup var running: RunArguments

    func validate() throws {
        try (0...1).check(alpha, of: "--alpha")
    }

    func run() throws {
        if let inputs = try VideoInputs(images) { return try run(inputs) }
        if let option = video.given {
            throw ValidationError("\(option): expected a video, found pictures")
        }
        var run = try DetectionRun(self)
        try run.detect()
        guard run.failures == 0 else { throw ExitCode(1) }
    }

    private func run(_ inputs: VideoInputs) throws {
        if let option = outputs.pictureOption {
            throw ValidationError(
                "\(option): expected pictures, found a video; --json-lines, --json and --csv have a "
                    + "place for frames")
        }
        var run = try VideoRun(self, inputs)
        try run.detect()
        guard run.failures == 0 else { throw ExitCode(1) }
    }
}
