import ArgumentParser
import IoUConsole

/// How a video is looked at.
struct VideoArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Of a video, look at every N-th frame alone; the others are in no output.",
            valueName: "N"))
    var every: Int?

    @Flag(
        help: """
            Number the objects of a video over its frames (ByteTrack). --score-threshold is 0.6 then; \
            objects down to 0.1 continue a track.
            """)
    var track = false

    /// To measure what the overlap gains.
    @Flag(help: .hidden)
    var oneByOne = false

    func validate() throws {
        try (1...1_000_000).check(every, of: "--every")
    }

    /// The first option that was given.
    var given: String? {
        if every != nil { return "--every" }
        if track { return "--track" }
        return oneByOne ? "--one-by-one" : nil
    }
}
