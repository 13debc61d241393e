import IoUConsole
import IoUGraph
import IoURuntime

/// A model that gives inner values too, in as many passes over the pictures as memory demands.
struct ObservedModel {
    private let model: IoUGraph.Model
    /// Values that are looked at together.
    private let groups: [[String]]
    private let options: SessionOptions

    /// Bytes that the values of one pass may have.
    private static let mostBytes = 1 << 28

    init(_ model: IoUGraph.Model, observing groups: [[String]], options: SessionOptions) {
        self.model = model
        self.groups = groups
        self.options = options
    }

    /// Runs the pictures at `positions` and shows each group of values once for each of them.
    ///
    /// - Parameters:
    ///   - work: What is done, for a line of progress.
    ///   - visit: Is given the number of the group, that of the picture, and the session, whose
    ///     outputs have the names that ``outputName(_:)`` makes of the values'.
    func run(
        _ pictures: inout CalibrationPictures, at positions: [Int], work: String,
        visit: (Int, Int, borrowing Session) throws -> Void
    ) throws {
        guard let first = positions.first, !groups.isEmpty else { return }
        let passes = try passes(shapes: pictures.inputs(first).mapValues(\.shape))
        var progress = Progress(total: passes.count * positions.count, work: work)
        defer { progress.clear() }
        for (number, pass) in passes.enumerated() {
            var session = try session(giving: pass)
            for (count, position) in positions.enumerated() {
                progress.update(done: number * positions.count + count)
                let inputs = try pictures.inputs(position)
                do throws(IoUError) {
                    try session.execute(inputs)
                } catch {
                    throw IoUError(error.code, "'\(pictures.files[position])': \(error.message)")
                }
                for group in pass { try visit(group, position, session) }
            }
        }
    }

    /// The numbers of the groups that are looked at in each pass.
    private func passes(shapes: [String: [Int]]) throws -> [[Int]] {
        var whole = try session(giving: Array(groups.indices))
        try whole.prepare(shapes: shapes)
        var sizes: [String: Int] = [:]
        for output in try whole.plannedOutputs { sizes[output.name] = output.byteCount }
        var passes: [[Int]] = []
        var bytes = Self.mostBytes
        for (number, group) in groups.enumerated() {
            let size = group.reduce(0) { $0 + (sizes[Self.outputName($1)] ?? 0) }
            if passes.isEmpty || bytes + size > Self.mostBytes {
                passes.append([])
                bytes = 0
            }
            passes[passes.count - 1].append(number)
            bytes += size
        }
        return passes
    }

    private func session(giving pass: [Int]) throws -> Session {
        var observed = model
        var seen: Set<String> = []
        let names = pass.flatMap { groups[$0] }.filter { seen.insert($0).inserted }
        // A copy, so that inputs can be observed as other values are.
        observed.graph.nodes += names.map {
            Node("Identity", inputs: [$0], outputs: [Self.outputName($0)])
        }
        observed.graph.outputs = names.map { ValueInfo(Self.outputName($0)) }
        return try Session(IoURuntime.Model(bytes: observed.encoded()), options: options)
    }

    static func outputName(_ value: String) -> String { "observed:\(value)" }
}

extension IoURuntime.ValueInfo {
    /// 0 where sides are known by a run only.
    fileprivate var byteCount: Int {
        (shape ?? [.unknown]).reduce(type?.size ?? 0) { size, side in
            guard case .fixed(let extent) = side else { return 0 }
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            return overflow ? Int.max / 4 : product
        }
    }
}
