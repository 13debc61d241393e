/// Prometheus' text format, version 0.0.4.
enum MetricsText {
    static let type = "text/plain; version=0.0.4; charset=utf-8"

    static func write(_ series: [(name: MetricName, value: MetricCell.Value)]) -> String {
        var text = ""
        var last: String?
        for (name, value) in series {
            if name.name != last {
                text += "# TYPE \(name.name) \(value.kind)\n"
                last = name.name
            }
            switch value {
            case .counter(let number), .gauge(let number):
                text += line(name.name, name.labels.map(\.description), number)
            case .histogram(let histogram):
                text += write(histogram, name)
            }
        }
        return text
    }

    private static func write(_ histogram: Histogram, _ name: MetricName) -> String {
        let labels = name.labels.map(\.description)
        var text = ""
        for (bound, count) in histogram.cumulative {
            text += line("\(name.name)_bucket", labels + ["le=\"\(short(bound))\""], Double(count))
        }
        text += line("\(name.name)_bucket", labels + ["le=\"+Inf\""], Double(histogram.count))
        text += line("\(name.name)_sum", labels, histogram.sum)
        text += line("\(name.name)_count", labels, Double(histogram.count))
        return text
    }

    private static func line(_ name: String, _ labels: [String], _ value: Double) -> String {
        let braces = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
        return "\(name)\(braces) \(short(value))\n"
    }

    private static func short(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}

extension MetricCell.Value {
    fileprivate var kind: String {
        switch self {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}
