import ArgumentParser
import IoUConsole
import IoUEval
import IoUGraph
import IoUQuantizer
import IoURuntime

/// `iouc quantize IN.onnx OUT.onnx --images DIR`, and `--to float16`
struct Quantize: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a detector compute in 8-bit integers, or with weights of 16 bits.",
        discussion: """
            Runs the detector on pictures to see which numbers its layers hold, and writes a model of \
            standard QuantizeLinear and DequantizeLinear nodes: activations uint8, weights int8 by \
            channel, biases int32. Layers stay in floats that lose most, as long as nine tenths \
            of the multiply-adds are in integers; docs/quantization.md has the rule.

            With --to float16, of any model and without pictures: what convolutions and matrix products \
            depend on becomes float16. The last products and what is behind them, numbers made of \
            shapes and integers, and what ONNX does not have in float16 stay float32.
            """)

    @Argument(help: "A detector in float32.", completion: .file(extensions: ["onnx"]))
    var input: String

    @Argument(help: "The file to write; may be the same.", completion: .file(extensions: ["onnx"]))
    var output: String

    @Option(help: "What the numbers become.")
    var to = QuantizedType.int8

    @Option(help: "What inputs and outputs are with --to float16.")
    var io = BorderType.float32

    @Option(
        help: ArgumentHelp(
            "Pictures such as the detector is to see, as it learnt from; for int8.",
            valueName: "folder"))
    var images: FilePath?

    @Option(help: "How many of the pictures are looked at, taken evenly from their order.")
    var count = 100

    @Option(
        help: """
            How ranges follow from numbers: all (minmax), all but the rarest (percentile), with the least \
            error (mse), or with the least loss of information (entropy).
            """)
    var method = CalibrationMethod.mse

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Nodes that stay in floats.", valueName: "name"))
    var keep: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            What is in the pictures of --evaluate: a file in COCO's format, a folder of VOC's, or a \
            YOLO data set's data.yaml, which needs no --evaluate.
            """,
            valueName: "file-or-folder"))
    var annotations: FilePath?

    @Option(
        help: ArgumentHelp(
            "Pictures to measure average precision on, before and after.", valueName: "folder"))
    var evaluate: FilePath?

    @Flag(help: "Print for every layer its range, its signal-to-noise ratio and what was decided.")
    var explain = false

    @OptionGroup var links: LinkArguments

    func validate() throws {
        switch to {
        case .int8:
            guard images != nil else {
                throw ValidationError("--images: expected a folder of pictures, which int8 needs")
            }
            guard io == .float32 else {
                throw ValidationError("--io: expected together with --to float16")
            }
        case .float16:
            guard images == nil, keep.isEmpty, annotations == nil, evaluate == nil else {
                throw ValidationError(
                    "--images, --keep, --annotations, --evaluate: expected without --to float16")
            }
        }
        try (1...1_000_000).check(count, of: "--count")
        guard (annotations == nil) == (evaluate == nil) || annotations?.yoloFile != nil else {
            throw ValidationError("--annotations and --evaluate: expected both, found one")
        }
    }

    func run() throws {
        try FilePath(output).checkWritable()
        switch to {
        case .int8: try quantizeToInt8()
        case .float16:
            try QuantizeToFloat16(
                input: input, output: output, convertsBorder: io == .float16, explains: explain,
                links: links
            ).run()
        }
    }

    private func quantizeToInt8() throws {
        let list = PictureList(images.map { [$0] } ?? [])
        if let failure = list.failures.first { throw failure }
        for remark in list.remarks { Failure.note(remark, by: "iouc") }
        Progress.show("reading \(input)")
        defer { Progress.clear() }
        let opened = try IoURuntime.Model(path: input, options: links.modelOptions)
        let comparison = try comparison(of: opened)
        let result = try quantized(opened, with: list.pictures)
        let precision = try comparison.map { comparison in
            try comparison.table(with: IoURuntime.Model(bytes: result.model.encoded()))
        }
        Progress.show("writing \(output)")
        try result.model.write(to: output, externalData: result.externalData)
        Progress.clear()
        if explain { try StandardOutput.write(result.report.text) }
        if let precision { try StandardOutput.write(precision) }
    }

    private func comparison(of model: IoURuntime.Model) throws -> PrecisionComparison? {
        guard let annotations else { return nil }
        return try PrecisionComparison(of: model, annotations: annotations, pictures: evaluate)
    }

    private struct Result {
        let model: IoUGraph.Model
        let report: QuantizationReport
        let externalData: ExternalDataUse
    }

    private func quantized(
        _ opened: IoURuntime.Model, with pictures: [FilePath]
    ) throws -> Result {
        let model = try IoUGraph.Model(
            path: input, loadingExternalData: true, refusingLinks: links.refuseLinks)
        var pictures = try calibrationPictures(of: opened, pictures)
        var quantizer = Quantizer()
        quantizer.method = method
        quantizer.kept = keep
        do {
            let made = try quantizer.quantize(model, &pictures)
            return Result(
                model: made.model, report: made.report,
                externalData: model.usesExternalData ? .always() : .whenNeeded)
        } catch let error as GraphError {
            throw GraphError(error.code, "'\(input)': \(error.message)")
        }
    }

    /// Refuses a model that is no detector.
    private func calibrationPictures(
        of model: IoURuntime.Model, _ files: [FilePath]
    ) throws(IoUError) -> CalibrationPictures {
        do throws(IoUError) {
            return try CalibrationPictures(
                files, count: count, of: model, options: SessionOptions())
        } catch {
            throw IoUError(error.code, "'\(input)': \(error.message)")
        }
    }
}

extension CalibrationMethod: ExpressibleByArgument {}

/// `--to`
enum QuantizedType: String, ExpressibleByArgument, CaseIterable {
    case int8, float16
}

/// `--io`
enum BorderType: String, ExpressibleByArgument, CaseIterable {
    case float32, float16
}
