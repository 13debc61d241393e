package import ArgumentParser
import Glibc

extension ParsableCommand {
    /// Runs the command that the arguments name. Failures of the work are one line and status 1,
    /// wrong usage is one line and status 64.
    ///
    /// - Parameter message: What a failure of the work says; nil for other errors.
    package static func runTool(message: (any Error) -> String?) {
        signal(SIGPIPE, SIG_IGN)
        StandardOutput.reserve()
        let tool = configuration.commandName ?? "\(self)"
        do {
            try checkSubcommand()
            var command = try parseAsRoot()
            try command.run()
        } catch {
            if let message = message(error) {
                Failure.report(message, by: tool)
                Glibc.exit(1)
            }
            let status = exitCode(for: error)
            guard status == .validationFailure else { exit(withError: error) }
            Failure.report("\(Self.usageMessage(error)); see --help", by: tool)
            Glibc.exit(status.rawValue)
        }
    }

    /// Names the subcommands to whoever gives another word in their place. Where one may be left
    /// out, the word may also be a file.
    private static func checkSubcommand() throws {
        guard CommandLine.arguments.count > 1 else { return }
        let word = CommandLine.arguments[1]
        let names = configuration.subcommands.map { $0._commandName }
        let isWord =
            word.first?.isLetter == true
            && word.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
        guard isWord, !(names + ["help"]).contains(word) else { return }
        let takesFiles = configuration.defaultSubcommand != nil
        guard !takesFiles || access(word, F_OK) != 0 else { return }
        throw ValidationError(
            "unknown subcommand '\(word)', expected one of \(names.joined(separator: ", "))"
                + (takesFiles ? " or a model's file" : ""))
    }

    /// What ArgumentParser says, as the line of a tool: its first word is not capitalized.
    private static func usageMessage(_ error: any Error) -> String {
        let lines = message(for: error).split(separator: "\n").map { $0.drop { $0 == " " } }
        let items = lines.filter { $0.hasPrefix("- ") }.map { $0.dropFirst(2) }
        let others = lines.filter { !$0.hasPrefix("- ") }.joined(separator: " ")
        let text = items.isEmpty ? others : "\(others) \(items.joined(separator: ", "))"
        let ending = text.last == "." ? text.dropLast() : text[...]
        guard let first = ending.first, ending.dropFirst().first?.isLowercase == true else {
            return String(ending)
        }
        return first.lowercased() + ending.dropFirst()
    }
}
