import ArgumentParser
package import IoURuntime

/// What every command that opens a model says of symbolic links.
package struct LinkArguments: ParsableArguments {
    @Flag(
        help: """
            Refuse symbolic links, as the model's file and on the way to its weights in other files; \
            else those that docs/library.md allows are followed.
            """)
    package var refuseLinks = false

    package init() {}

    package var modelOptions: ModelOptions {
        var options = ModelOptions()
        options.refusesLinks = refuseLinks
        return options
    }
}
