import IoUConsole
import IoURuntime

/// One call of `iourun bench`.
struct BenchRun {
    private let arguments: Bench
    private let entry = ProcessFacts.Entry()

    init(_ arguments: Bench) {
        self.arguments = arguments
    }

    func measure() throws(IoUError) -> BenchReport {
        let start = ContinuousClock.now
        let model = try Model(
            path: arguments.model, options: arguments.running.links.modelOptions)
        var session = try Session(model, options: arguments.running.sessionOptions())
        let load = (ContinuousClock.now - start).milliseconds
        let shapes = try InputShapes(arguments.shapes, for: model)
        let inputs = try tensors(for: model.inputs, shapes: shapes.shapes)
        try session.execute(inputs)
        let first = ProcessFacts.sinceStart(entry: entry)
        let latencies = try latencies(&session, inputs)
        let peak = ProcessFacts.peakMemory
        let gflop = try session.profile.reduce(0) { $0 + $1.gflop }
        let ceilings = arguments.measuresOperators ? try Ceilings(arguments.running) : nil
        return BenchReport(
            model: arguments.model.description,
            threads: session.threads, team: BuildPart.threads.value, inputs: shapes,
            runs: arguments.runs, warmup: arguments.warmup, latency: Latency(latencies),
            loadMilliseconds: load, firstResultMilliseconds: first, peakMemory: peak,
            gflops: gflop / Latency(latencies).median * 1e3,
            peakGflops: ceilings?.gflops, bandwidth: ceilings?.bandwidth,
            operators: try ceilings.map { ceilings throws(IoUError) in
                try operators(model, inputs, ceilings)
            })
    }

    private func tensors(
        for infos: [ValueInfo], shapes: [String: [Int]]
    ) throws(IoUError) -> [String: Tensor] {
        var seeded = SeededInputs()
        var tensors: [String: Tensor] = [:]
        for info in infos {
            tensors[info.name] = try seeded.tensor(for: info, shape: shapes[info.name] ?? [])
        }
        return tensors
    }

    /// Milliseconds of every run after the warm-up.
    private func latencies(
        _ session: inout Session, _ inputs: [String: Tensor]
    ) throws(IoUError) -> [Double] {
        for _ in 0..<arguments.warmup { try session.execute(inputs) }
        var latencies: [Double] = []
        var progress = Progress(total: arguments.runs)
        for run in 0..<arguments.runs {
            progress.update(done: run)
            let start = ContinuousClock.now
            try session.execute(inputs)
            latencies.append((ContinuousClock.now - start).milliseconds)
        }
        progress.clear()
        return latencies
    }

    /// Times of the operators, from a session of their own: profiling costs time.
    private func operators(
        _ model: Model, _ inputs: [String: Tensor], _ ceilings: Ceilings
    ) throws(IoUError) -> [OperatorTime] {
        var session = try Session(model, options: arguments.running.sessionOptions(profiles: true))
        for _ in 0...arguments.warmup { try session.execute(inputs) }
        var profiles: [[ProfileEntry]] = []
        for _ in 0..<arguments.runs {
            try session.execute(inputs)
            profiles.append(try session.profile)
        }
        return OperatorTime.medians(of: profiles, peak: ceilings.gflops)
    }
}
