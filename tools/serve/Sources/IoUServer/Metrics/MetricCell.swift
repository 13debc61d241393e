import CoreMetrics
import Synchronization

/// One series. What is asked of it that its kind has not, changes nothing.
final class MetricCell: Sendable {
    enum Value: Sendable {
        case counter(Double)
        case gauge(Double)
        case histogram(Histogram)
    }

    private let state: Mutex<Value>

    init(_ start: Value) {
        state = Mutex(start)
    }

    var value: Value { state.withLock { $0 } }

    private func change(_ body: (inout Value) -> Void) {
        state.withLock { body(&$0) }
    }

    private func add(_ amount: Double) {
        change { value in
            switch value {
            case .counter(let old): value = .counter(old + amount)
            case .gauge(let old): value = .gauge(old + amount)
            case .histogram: break
            }
        }
    }

    private func note(_ amount: Double) {
        change { value in
            switch value {
            case .counter: break
            case .gauge: value = .gauge(amount)
            case .histogram(var histogram):
                value = .counter(0)  // so that the histogram's memory is not copied
                histogram.add(amount)
                value = .histogram(histogram)
            }
        }
    }
}

extension MetricCell: CounterHandler, FloatingPointCounterHandler {
    func increment(by amount: Int64) { add(Double(amount)) }
    func increment(by amount: Double) { add(amount) }

    func reset() {
        change { value in
            if case .counter = value { value = .counter(0) }
        }
    }
}

extension MetricCell: MeterHandler {
    func set(_ value: Int64) { note(Double(value)) }
    func set(_ value: Double) { note(value) }
    func decrement(by amount: Double) { add(-amount) }
}

extension MetricCell: RecorderHandler {
    func record(_ value: Int64) { note(Double(value)) }
    func record(_ value: Double) { note(value) }
}

extension MetricCell: TimerHandler {
    func recordNanoseconds(_ duration: Int64) { note(Double(duration) / 1e9) }
}
