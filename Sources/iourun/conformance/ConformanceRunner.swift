import IoUConsole
import IoUGraph
import IoURuntime

/// Runs cases, one after the other. Whatever is wrong with a case is its result.
struct ConformanceRunner {
    private let sessionOptions: SessionOptions
    private let modelOptions: ModelOptions
    private let runOptions: RunOptions

    init(_ arguments: Conformance) {
        var options = arguments.running.sessionOptions()
        options.maximumMemoryBytes = arguments.maxMemory << 20
        sessionOptions = options
        modelOptions = arguments.running.links.modelOptions
        runOptions = RunOptions(timeout: .seconds(arguments.timeout))
    }

    func run(_ one: ConformanceCase) -> ConformanceResult {
        var operators: [String] = []
        var ulp: UInt64?
        func result(
            _ verdict: ConformanceResult.Verdict, _ why: String? = nil
        ) -> ConformanceResult {
            ConformanceResult(
                folder: one.folder.description, verdict: verdict, why: why, operators: operators,
                ulp: ulp)
        }
        do throws(IoUError) {
            let graph = try Self.read(one.model, modelOptions)
            operators = graph.operatorNames
            if let foreign = graph.foreignBorder { return result(.unsupported, foreign) }
            let fault = try fault(of: one, graph, &ulp)
            return fault.map { result(.fail, $0) } ?? result(.pass)
        } catch {
            let why = error.message.removing(prefix: "'\(one.model)': ")
            return result(error.code == .unsupported ? .unsupported : .fail, why)
        }
    }

    private static func read(
        _ path: FilePath, _ options: ModelOptions
    ) throws(IoUError) -> IoUGraph.Model {
        do throws(GraphError) {
            return try IoUGraph.Model(
                path: path.description, refusingLinks: options.refusesLinks)
        } catch {
            throw IoUError(.badModel, error.message)
        }
    }

    /// The first output that is not what a data set says.
    private func fault(
        of one: ConformanceCase, _ graph: IoUGraph.Model, _ ulp: inout UInt64?
    ) throws(IoUError) -> String? {
        let sets = try one.dataSets()
        let tolerance = try Tolerance(of: one.folder)
        if graph.hasInnerBorder {
            for set in sets {
                let border = try TensorBorder(graph, set)
                let model = try IoURuntime.Model(
                    bytes: border.model.encoded(), options: modelOptions)
                var session = try Session(model, options: sessionOptions)
                let found = try session.run(border.inputs, options: runOptions)
                if let fault = Self.fault(set, found, border.expected, tolerance, &ulp) {
                    return fault
                }
            }
            return nil
        }
        let model = try IoURuntime.Model(path: one.model, options: modelOptions)
        var session = try Session(model, options: sessionOptions)
        for set in sets {
            let inputs = try Self.inputs(of: set, for: model, graph)
            let expected = try Self.outputs(of: set, for: model)
            let found = try session.run(inputs, options: runOptions)
            if let fault = Self.fault(set, found, expected, tolerance, &ulp) { return fault }
        }
        return nil
    }

    /// The first output of a run that is not what the data set says.
    private static func fault(
        _ set: ConformanceCase.DataSet, _ found: [String: Tensor],
        _ expected: [(name: String, tensor: Tensor)], _ tolerance: Tolerance, _ ulp: inout UInt64?
    ) -> String? {
        for (name, tensor) in expected {
            guard let output = found[name] else { continue }
            let comparison = TensorComparison(output, expected: tensor, within: tolerance)
            if let distance = comparison.ulp { ulp = max(ulp ?? 0, distance) }
            if let fault = comparison.fault { return "\(set.name): output '\(name)': \(fault)" }
        }
        return nil
    }

    /// Files are those of the inputs that a run needs, or of all that the file lists.
    private static func inputs(
        of set: ConformanceCase.DataSet, for model: IoURuntime.Model, _ graph: IoUGraph.Model
    ) throws(IoUError) -> [String: Tensor] {
        let needed = model.inputs.map(\.name)
        let listed = graph.graph.inputs.map(\.name)
        let names = set.inputs.count == needed.count ? needed : listed
        guard set.inputs.count == names.count else {
            throw IoUError(
                .badData,
                "\(set.name): expected input files: \(needed.count), found \(set.inputs.count)")
        }
        var tensors: [String: Tensor] = [:]
        for (name, file) in zip(names, set.inputs) { tensors[name] = try Tensor(onnx: file) }
        return tensors
    }

    private static func outputs(
        of set: ConformanceCase.DataSet, for model: IoURuntime.Model
    ) throws(IoUError) -> [(name: String, tensor: Tensor)] {
        let names = model.outputs.map(\.name)
        guard set.outputs.count == names.count else {
            throw IoUError(
                .badData,
                "\(set.name): expected output files: \(names.count), found \(set.outputs.count)")
        }
        return try zip(names, set.outputs).map { (name, file) throws(IoUError) in
            (name, try Tensor(onnx: file))
        }
    }
}

extension String {
    /// A line begins with the case's folder: its model need not be named again.
    fileprivate func removing(prefix: String) -> String {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
    }
}

extension IoUGraph.Model {
    /// The types of all nodes, each once, sorted; with their domain where it is not ONNX's own.
    fileprivate var operatorNames: [String] {
        Set(allNodes.map { $0.isStandard ? $0.type : "\($0.domain).\($0.type)" }).sorted()
    }

    /// The first input or output that holds anything but tensors of numbers that the runtime has, or
    /// of strings.
    fileprivate var foreignBorder: String? {
        for (kind, values) in [("input", givenInputs), ("output", graph.outputs)] {
            for value in values {
                guard let type = value.type?.type, !type.isHeld else { continue }
                return "\(kind) '\(value.name)': expected a tensor of numbers, found \(type)"
            }
        }
        return nil
    }
}

extension TypeInfo {
    /// Of a sequence or optional, whether what it holds is.
    fileprivate var isHeld: Bool {
        if let held { return held.isHeld }
        guard case .tensor(let element, _) = self else { return false }
        return element == .string || IoURuntime.ElementType(onnx: element) != nil
    }
}
