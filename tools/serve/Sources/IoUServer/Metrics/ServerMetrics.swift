import CoreMetrics
import Glibc
import Metrics

/// What the server counts of all requests.
struct ServerMetrics: Sendable {
    let registry: MetricsRegistry

    /// The system's clock when the server began, in seconds since 1970.
    func began() {
        Gauge(label: "process_start_time_seconds", factory: registry).record(Double(time(nil)))
    }

    func request(_ endpoint: String, _ method: String, status: Int, took duration: Duration) {
        Counter(
            label: "iou_http_requests_total",
            dimensions: [("endpoint", endpoint), ("method", method), ("status", "\(status)")],
            factory: registry
        ).increment()
        Timer(
            label: "iou_http_request_seconds", dimensions: [("endpoint", endpoint)],
            factory: registry
        ).record(duration: duration)
    }

    func reload(_ model: String, succeeded: Bool) {
        Counter(
            label: "iou_model_reloads_total",
            dimensions: [("model", model), ("outcome", succeeded ? "succeeded" : "failed")],
            factory: registry
        ).increment()
    }

    var connections: Meter { Meter(label: "iou_connections", factory: registry) }
    var keptRuns: Meter { Meter(label: "iou_kept_runs", factory: registry) }
    var keptBytes: Meter { Meter(label: "iou_kept_bytes", factory: registry) }

    /// The text of `/metrics`.
    var text: String {
        if let bytes = residentBytes() {
            Gauge(label: "process_resident_memory_bytes", factory: registry).record(bytes)
        }
        return MetricsText.write(registry.snapshot)
    }
}

/// What is measured of one model's sessions.
struct ModelMetrics: Sendable {
    let waited: Timer
    let ran: Timer
    let batch: Recorder
    let queued: Gauge
    let refused: Counter

    init(model: String, registry: MetricsRegistry) {
        let dimensions = [("model", model)]
        waited = Timer(label: "iou_queue_seconds", dimensions: dimensions, factory: registry)
        ran = Timer(label: "iou_run_seconds", dimensions: dimensions, factory: registry)
        batch = Recorder(
            label: "iou_batch_size", dimensions: dimensions, aggregate: true, factory: registry)
        queued = Gauge(label: "iou_queue_length", dimensions: dimensions, factory: registry)
        refused = Counter(label: "iou_refused_total", dimensions: dimensions, factory: registry)
    }
}

/// Memory of the process that is in RAM.
private func residentBytes() -> Int? {
    guard let file = fopen("/proc/self/statm", "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, Int32(line.count), file) != nil else { return nil }
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    return pages.map { $0 * Int(getpagesize()) }
}
