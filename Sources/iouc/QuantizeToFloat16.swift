import IoUCompiler
import IoUConsole
import IoUGraph

/// `iouc quantize --to float16`: a model with weights of 16 bits.
struct QuantizeToFloat16 {
    let input: String
    let output: String
    /// Inputs and outputs become float16 too.
    let convertsBorder: Bool
    /// Print what was converted, and why the rest was not.
    let explains: Bool
    let links: LinkArguments

    func run() throws {
        Progress.show("reading \(input)")
        let model = try Model(
            path: input, loadingExternalData: true, refusingLinks: links.refuseLinks)
        Progress.show("rounding \(input)")
        var conversion = Float16Conversion()
        conversion.convertsBorder = convertsBorder
        // What is folded into weights is rounded once.
        let (folded, folding) = try Compiler().optimize(model)
        var report = folding
        let converted = try named { try conversion.convert(folded, &report) }
        Progress.show("writing \(output)")
        try converted.write(
            to: output, externalData: model.usesExternalData ? .always() : .whenNeeded)
        Progress.clear()
        if explains {
            try StandardOutput.write(Explanation(report, before: model, after: converted).text)
        }
    }

    /// With the file's name before what is wrong with it.
    private func named<Result>(_ work: () throws -> Result) throws -> Result {
        do {
            return try work()
        } catch let error as GraphError {
            throw GraphError(error.code, "'\(input)': \(error.message)")
        }
    }
}
