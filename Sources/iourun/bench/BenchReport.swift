import IoUConsole

/// What a measurement found.
struct BenchReport: Encodable {
    let model: String
    let threads: Int
    /// Whose they are: OpenMP's or those of the library's own pool.
    let team: String
    let inputs: InputShapes
    let runs: Int
    let warmup: Int
    let latency: Latency
    let loadMilliseconds: Double
    let firstResultMilliseconds: Double
    let peakMemory: Int
    let gflops: Double
    let peakGflops: Double?
    /// Billions of bytes a second.
    let bandwidth: Double?
    let operators: [OperatorTime]?

    enum CodingKeys: String, CodingKey {
        case model, threads, team, shape, nominal, runs, warmup, gflops, operators
        case latency = "latency_ms"
        case loadMilliseconds = "load_ms"
        case firstResultMilliseconds = "first_result_ms"
        case peakMemory = "peak_memory_bytes"
        case peakGflops = "peak_gflops"
        case bandwidth = "bandwidth_gbs"
    }

    /// What only --per-op measures is left out without it.
    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(model, forKey: .model)
        try values.encode(threads, forKey: .threads)
        try values.encode(team, forKey: .team)
        try values.encode(inputs.shapes, forKey: .shape)
        try values.encode(inputs.isNominal, forKey: .nominal)
        try values.encode(runs, forKey: .runs)
        try values.encode(warmup, forKey: .warmup)
        try values.encode(latency, forKey: .latency)
        try values.encode(loadMilliseconds, forKey: .loadMilliseconds)
        try values.encode(firstResultMilliseconds, forKey: .firstResultMilliseconds)
        try values.encode(peakMemory, forKey: .peakMemory)
        try values.encode(gflops, forKey: .gflops)
        try values.encodeIfPresent(peakGflops, forKey: .peakGflops)
        try values.encodeIfPresent(bandwidth, forKey: .bandwidth)
        try values.encodeIfPresent(operators, forKey: .operators)
    }

    /// For people.
    var text: String {
        var lines = [
            ("model", model.oneLine),
            ("shape", inputs.text.oneLine),
            ("threads", "\(threads), \(team)"),
            ("runs", "\(runs), after \(warmup) to warm up"),
            ("latency", latency.text),
            ("load", "\(loadMilliseconds.fixed(2)) ms"),
            ("first result", "\(firstResultMilliseconds.fixed(2)) ms after the process began"),
            ("peak memory", "\((Double(peakMemory) / 0x1p20).fixed(1)) MiB"),
            ("speed", "\(gflops.fixed(1)) GFLOP/s"),
        ]
        if let peakGflops {
            lines.append(("peak", "\(peakGflops.fixed(1)) GFLOP/s in registers"))
        }
        if let bandwidth {
            lines.append(("bandwidth", "\(bandwidth.fixed(1)) GB/s from and to memory"))
        }
        let head = lines.map { name, value in
            name + String(repeating: " ", count: 14 - name.count) + value + "\n"
        }
        return head.joined() + (operators.map { "\n" + OperatorTime.table(of: $0).text } ?? "")
    }
}

extension Latency {
    fileprivate var text: String {
        "median \(median.fixed(3)) ms, min \(min.fixed(3)) ms, p90 \(p90.fixed(3)) ms"
    }
}
