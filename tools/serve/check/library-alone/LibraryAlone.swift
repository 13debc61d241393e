import Dispatch
import IoURuntime
import Synchronization

/// Times the library without a server: callers that each want a picture decoded and looked at, one
/// after the other, by as many sessions as the server has.
///
///     library-alone MODEL PICTURE CALLERS SESSIONS THREADS REQUESTS
///
/// Prints every request's seconds in a line, then the seconds of all.
@main
struct LibraryAlone {
    static func main() throws {
        let arguments = CommandLine.arguments
        let numbers = arguments.dropFirst(3).compactMap { Int($0) }
        guard arguments.count == 7, numbers.count == 4 else {
            throw IoUError(
                .invalidArgument, "expected MODEL PICTURE CALLERS SESSIONS THREADS REQUESTS")
        }
        let model = try Model(path: arguments[1])
        let picture = try bytes(of: arguments[2])
        let sessions = try (0..<numbers[1]).map { _ in
            try Looker(model, threads: numbers[2], warmup: picture)
        }
        let callers = Callers(sessions: sessions, requests: numbers[3])
        let start = ContinuousClock.now
        let times = callers.run(numbers[0], picture)
        let all = (ContinuousClock.now - start) / .seconds(1)
        print(times.map { "\($0)" }.joined(separator: " "))
        print(all)
    }

    /// The file as it is, through the one function of the library that reads no pixels.
    private static func bytes(of path: String) throws -> [UInt8] {
        try Image(path: path).encodedPNG()
    }
}

/// One session.
private final class Looker: @unchecked Sendable {
    private var detector: Detector

    init(_ model: Model, threads: Int, warmup: [UInt8]) throws {
        detector = try Detector(model, options: SessionOptions(threads: threads))
        try look(warmup)
    }

    func look(_ picture: [UInt8]) throws {
        _ = try detector.detect(in: Image(decoding: picture))
    }
}

/// Callers that take whichever session is free.
private final class Callers: Sendable {
    private let free: Mutex<[Looker]>
    private let left: Atomic<Int>
    private let gate: DispatchSemaphore
    private let times = Mutex<[Double]>([])

    init(sessions: [Looker], requests: Int) {
        free = Mutex(sessions)
        left = Atomic(requests)
        gate = DispatchSemaphore(value: sessions.count)
    }

    func run(_ count: Int, _ picture: [UInt8]) -> [Double] {
        let group = DispatchGroup()
        for index in 0..<count {
            DispatchQueue(label: "caller \(index)").async(group: group) { self.call(picture) }
        }
        group.wait()
        return times.withLock { $0 }
    }

    private func call(_ picture: [UInt8]) {
        while left.subtract(1, ordering: .relaxed).newValue >= 0 {
            let start = ContinuousClock.now
            gate.wait()
            if let session = free.withLock({ $0.popLast() }) {
                try? session.look(picture)
                free.withLock { $0.append(session) }
            }
            gate.signal()
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            times.withLock { $0.append(seconds) }
        }
    }
}
