public import CoreMetrics
import Synchronization

/// Keeps what swift-metrics' counters, gauges, recorders and timers measure, for `/metrics`.
public final class MetricsRegistry: MetricsFactory {
    private let cells = Mutex<[MetricName: MetricCell]>([:])

    public init() {}

    public func makeCounter(
        label: String, dimensions: [(String, String)]
    ) -> any CounterHandler {
        cell(MetricName(label, dimensions), .counter(0))
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        cell(MetricName(label, dimensions), .counter(0))
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        cell(MetricName(label, dimensions), .gauge(0))
    }

    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        cell(MetricName(label, dimensions), aggregate ? .histogram(.sizes) : .gauge(0))
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        cell(MetricName(label, dimensions), .histogram(.seconds))
    }

    // Series are few, and stay.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    /// All series, by name.
    var snapshot: [(name: MetricName, value: MetricCell.Value)] {
        cells.withLock { $0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value.value) }
    }

    private func cell(_ name: MetricName, _ start: MetricCell.Value) -> MetricCell {
        cells.withLock { cells in
            if let cell = cells[name] { return cell }
            let cell = MetricCell(start)
            cells[name] = cell
            return cell
        }
    }
}
