import Metrics
import Testing

@testable import IoUServer

struct MetricsTests {
    @Test func writesPrometheusText() {
        let registry = MetricsRegistry()
        let counter = Counter(
            label: "requests.total", dimensions: [("pa-th", "a\"b\\c\nd"), ("1", "x")],
            factory: registry)
        counter.increment()
        counter.increment(by: 2)
        Gauge(label: "size", factory: registry).record(1.5)
        Meter(label: "level", factory: registry).set(-3)
        let timer = Timer(label: "seconds", factory: registry)
        timer.recordNanoseconds(2_000_000)
        timer.recordNanoseconds(200_000_000_000)
        let lines = MetricsText.write(registry.snapshot).split(separator: "\n").map(String.init)
        #expect(lines.contains("# TYPE requests_total counter"))
        #expect(lines.contains(#"requests_total{_1="x",pa_th="a\"b\\c\nd"} 3"#))
        #expect(lines.contains("size 1.5"))
        #expect(lines.contains("level -3"))
        #expect(lines.contains(#"seconds_bucket{le="0.001"} 0"#))
        #expect(lines.contains(#"seconds_bucket{le="0.0025"} 1"#))
        #expect(lines.contains(#"seconds_bucket{le="60"} 1"#))
        #expect(lines.contains(#"seconds_bucket{le="+Inf"} 2"#))
        #expect(lines.contains("seconds_count 2"))
        #expect(lines.contains("seconds_sum 200.002"))
    }

    @Test func countsFromManyThreads() async {
        let registry = MetricsRegistry()
        await withDiscardingTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 { Counter(label: "all", factory: registry).increment() }
                }
            }
        }
        #expect(MetricsText.write(registry.snapshot) == "# TYPE all counter\nall 8000\n")
    }

    /// Whatever names and values are, each line is one of the format.
    @Test func outlivesAnything() throws {
        var random = SeededGenerator(seed: 3)
        let line = try Regex(
            #"[a-zA-Z_:][a-zA-Z0-9_:]*(\{[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\[\\n"])*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\[\\n"])*")*\})? (NaN|[+-]Inf|-?[0-9][-+e.0-9]*)"#
        )
        for _ in 0..<2_000 {
            let registry = MetricsRegistry()
            let text = String(
                decoding: random.mutate(Array("na\"me\\\n{le=1} é".utf8)), as: UTF8.self)
            Counter(label: text, dimensions: [(text, text), ("b", text)], factory: registry)
                .increment(by: Int64.random(in: 0...1 << 40, using: &random))
            Gauge(label: text + "g", factory: registry).record(Double(bitPattern: random.next()))
            for found in MetricsText.write(registry.snapshot).split(separator: "\n")
            where !found.hasPrefix("# TYPE ") {
                #expect(found.wholeMatch(of: line) != nil, "\(found)")
            }
        }
    }
}
