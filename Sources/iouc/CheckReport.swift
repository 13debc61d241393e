import IoUConsole
import IoUGraph
import IoURuntime

/// Everything that is wrong with a model.
struct CheckReport: Encodable {
    let model: String
    private(set) var problems: [Problem] = []
    /// What is odd, and harms nothing.
    private(set) var notes: [String] = []

    struct Problem: Encodable {
        let kind: Kind
        /// One line, with the node where there is one.
        let text: String
        /// The names of the nodes, where many may have the same problem.
        let nodes: [String]?

        enum Kind: String, Encodable {
            /// The file cannot be read or decoded.
            case file
            /// Names, operator sets, functions, constants.
            case structure
            /// A node whose operator, attributes or inputs do not fit, or are not supported.
            case node
            /// An operator that the runtime lacks.
            case lacking
            /// What the file says of a value is not what its node makes.
            case declaration
            /// Detector metadata that the runtime refuses.
            case metadata
            /// Anything else that keeps the runtime from opening the model.
            case runtime
        }
    }

    init(of path: String, options: ModelOptions) {
        model = path
        do throws(GraphError) {
            let graph = try IoUGraph.Model(
                path: path, loadingExternalData: true, refusingLinks: options.refusesLinks)
            check(graph, at: path, options)
        } catch {
            add(.file, error.message)
        }
    }

    var text: String {
        let lines = problems.isEmpty ? ["\(model.oneLine): no problems"] : problems.map(\.text)
        return (lines + notes.map { "note: \($0)" }).map { "\($0)\n" }.joined()
    }

    private mutating func add(_ kind: Problem.Kind, _ text: String, nodes: [String]? = nil) {
        problems.append(Problem(kind: kind, text: text.oneLine, nodes: nodes))
    }

    private mutating func check(
        _ model: IoUGraph.Model, at path: String, _ options: ModelOptions
    ) {
        for text in model.problems() { add(.structure, text) }
        notes = model.notes.map(\.oneLine)
        checkValues(of: model)
        for operators in LackingFacts.all(of: model) {
            add(.lacking, operators.problem, nodes: operators.nodes)
        }
        checkOpening(of: model, at: path, options)
    }

    private mutating func checkValues(of model: IoUGraph.Model) {
        let inferred: InferredValues
        do throws(GraphError) {
            inferred = try model.inferred()
        } catch {
            // What broke the structure is listed already.
            let isKnown = error.code == .invalidGraph && !problems.isEmpty
            if !isKnown { add(.node, error.message) }
            return
        }
        for problem in inferred.problems { add(.node, problem.message) }
        for declaration in ["output": model.graph.outputs, "value": model.graph.valueInfo]
            .sorted(by: { $0.key < $1.key })
        {
            for info in declaration.value {
                guard let found = inferred.types[info.name], let stated = info.type?.type,
                    let text = stated.contradiction(to: found)
                else { continue }
                add(.declaration, "\(declaration.key) '\(info.name)': \(text)")
            }
        }
    }

    /// Opens the model as a run would. Of a model that has problems already only the metadata is
    /// of interest: the rest would be said twice.
    private mutating func checkOpening(
        of model: IoUGraph.Model, at path: String, _ options: ModelOptions
    ) {
        let isDetector = model.metadata.contains { $0.key.hasPrefix("iou.") }
        let isFirst = problems.isEmpty
        do throws(IoUError) {
            var options = options
            options.allowsMissingOperators = !isFirst
            let opened = try IoURuntime.Model(path: path, options: options)
            if isDetector {
                _ = try IoURuntime.Detector(opened)
            } else if isFirst {
                _ = try Session(opened)
            }
        } catch {
            // Words and versions of a newer format are unsupported, not bad.
            if error.code == .badMetadata || error.message.hasPrefix("metadata key") {
                add(.metadata, error.message)
            } else if isFirst {
                add(.runtime, error.message)
            }
        }
    }
}

extension TypeInfo {
    /// How what a file states differs from what is inferred; nil where both can be true.
    fileprivate func contradiction(to inferred: TypeInfo) -> String? {
        guard case .tensor(let stated, let shape) = self,
            case .tensor(let found, let foundShape) = inferred
        else { return nil }
        if stated != found, stated != .undefined {
            return "the file declares \(stated), its node produces \(found)"
        }
        guard let sides = shape?.dimensions, let foundSides = foundShape?.dimensions else {
            return nil
        }
        let fits =
            sides.count == foundSides.count
            && zip(sides, foundSides).allSatisfy { !$0.contradicts($1) }
        if fits { return nil }
        return "the file declares \(Self.shown(sides)), its node produces \(Self.shown(foundSides))"
    }

    private static func shown(_ sides: [Dimension]) -> String {
        "[" + sides.map(\.description).joined(separator: ", ") + "]"
    }
}

extension Dimension {
    /// Two numbers that differ; a symbol may stand for any.
    fileprivate func contradicts(_ other: Dimension) -> Bool {
        if case .number(let one) = self, case .number(let two) = other { return one != two }
        return false
    }
}
