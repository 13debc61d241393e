import ArgumentParser
import IoUConsole

/// `iouc quantize`
struct Quantize: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Writes a model of fewer bits.")

    @Argument var input: String
    @Argument var output: String
    @Option var to: String = "float16"
    @Option var io: String = "float32"
    @Flag var explain = false
    @OptionGroup var links: LinkArguments

    func run() throws {
        try QuantizeToFloat16(
            input: input, output: output, convertsBorder: io == "float16", explains: explain,
            links: links
        ).run()
    }
}
