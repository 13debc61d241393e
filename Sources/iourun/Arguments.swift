import ArgumentParser
import IoUConsole
import IoURuntime

/// How a model is run: the same for every subcommand.
struct RunArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Threads of a run (default: the processors this process may use).", valueName: "N"))
    var threads: Int?

    @Flag(help: "Run node by node: no fusion, no change of layout.")
    var noOptimize = false

    @OptionGroup var links: LinkArguments

    func validate() throws {
        try (1...1024).check(threads, of: "--threads")
    }

    /// The first option that was given.
    var given: String? {
        if threads != nil { return "--threads" }
        if links.refuseLinks { return "--refuse-links" }
        return noOptimize ? "--no-optimize" : nil
    }

    func sessionOptions(profiles: Bool = false) -> SessionOptions {
        SessionOptions(threads: threads, optimizes: !noOptimize, profiles: profiles)
    }
}
