import ArgumentParser
import IoUConsole
import IoURuntime

/// `iourun tensors MODEL.onnx --input name=FILE.npy --output-dir DIR`
struct Tensors: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs a model on tensors in NumPy's format.",
        discussion: """
            Writes one .npy file for every output, named after it; characters other than letters, \
            digits, '.', '-' and '_' become '_'.
            """)

    @Argument(help: "Any ONNX model.", completion: .file(extensions: ["onnx"]))
    var model: FilePath

    @Option(
        name: .customLong("input"),
        help: ArgumentHelp("The tensor of an input; once for each.", valueName: "name=file.npy"))
    var inputs: [InputArgument] = []

    @Option(
        name: .customLong("output-dir"),
        help: ArgumentHelp("The folder of the outputs, which is made.", valueName: "folder"))
    var outputFolder: FilePath

    @OptionGroup var running: RunArguments

    func validate() throws {
        let names = inputs.map(\.name)
        if let twice = names.first(where: { name in names.filter { $0 == name }.count > 1 }) {
            throw ValidationError("--input \(twice): expected once, found more often")
        }
    }

    func run() throws {
        let model = try Model(path: model, options: running.links.modelOptions)
        var tensors: [String: Tensor] = [:]
        for input in inputs { tensors[input.name] = try Tensor(npy: input.path) }
        var session = try Session(model, options: running.sessionOptions())
        try outputFolder.makeFolder()
        try write(session.run(tensors), inOrderOf: model.outputs.map(\.name))
    }

    private func contents(of tensor: Tensor, named name: String) throws(IoUError) -> [UInt8] {
        do throws(IoUError) {
            return try tensor.npy()
        } catch {
            throw IoUError(error.code, "output '\(name)': \(error.message)")
        }
    }

    private func write(_ results: [String: Tensor], inOrderOf names: [String]) throws {
        for (name, file) in zip(names, OutputNames.files(for: names)) {
            guard let tensor = results[name] else { continue }
            try outputFolder.appending(file).write(contents(of: tensor, named: name))
        }
    }
}

/// `name=FILE.npy`
struct InputArgument: ExpressibleByArgument {
    let name: String
    let path: FilePath

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex,
            let path = FilePath(argument: String(argument[argument.index(after: equals)...]))
        else { return nil }
        name = String(argument[..<equals])
        self.path = path
    }
}

/// File names for outputs, whose own names may be anything.
enum OutputNames {
    private static let longest = 200

    /// Different names for different outputs: one that is taken gets a number.
    static func files(for names: [String]) -> [String] {
        var taken: Set<String> = []
        return names.map { name in
            let stem = plain(name)
            var file = "\(stem).npy"
            var number = 2
            while !taken.insert(file).inserted {
                file = "\(stem)_\(number).npy"
                number += 1
            }
            return file
        }
    }

    private static func plain(_ name: String) -> String {
        let characters = name.map { character in
            let isPlain = character.isASCII && (character.isLetter || character.isNumber)
            return isPlain || "._-".contains(character) ? character : "_"
        }
        let stem = String(characters.prefix(longest))
        return stem.isEmpty ? "_" : stem.hasPrefix(".") ? "_" + stem.dropFirst() : stem
    }
}
