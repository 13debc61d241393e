package import ArgumentParser
import Glibc

extension ParsableCommand {
    /// Runs the command that the arguments name. Failures
    /// of the work are one line and status 1; those of usage are ArgumentParser's.
    ///
    /// - Parameter message: What a failure of the work says; nil for other errors.
    package static func runTool(message: (any Error) -> String?) {
        signal(SIGPIPE, SIG_IGN)
        StandardOutput.reserve()
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            guard let message = message(error) else { exit(withError: error) }
            Failure.report(message, by: configuration.commandName ?? "\(self)")
            Glibc.exit(1)
        }
    }
}
