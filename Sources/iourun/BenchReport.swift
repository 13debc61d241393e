import IoUConsole

/// What a measurement found.
struct BenchReport: Encodable {
    let model: String
    let threads: Int
    let shape: [String: [Int]]
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
        case model, threads, shape, runs, gflops, operators
        case latency = "latency_ms"
        case loadMilliseconds = "load_ms"
        case firstResultMilliseconds = "first_result_ms"
        case peakMemory = "peak_memory_bytes"
        case peakGflops = "peak_gflops"
        case bandwidth = "bandwidth_gbs"
    }

    /// Such as "images=1x3x480x640", one after the other.
    var shapesText: String {
        shape.sorted { $0.key < $1.key }.map { name, sides in
            "\(name)=\(sides.map(String.init).joined(separator: "x"))"
        }.joined(separator: " ").oneLine
    }

    /// For people.
    var text: String {
        var lines = [
            ("model", model.oneLine),
            ("shape", shapesText),
            ("threads", "\(threads)"),
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
