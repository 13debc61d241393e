/// How an operator is in float16: all its floats, but for those that ONNX has in float32 alone.
struct Float16Form: Sendable {
    private let float32Inputs: Set<Int>
    private let float32Outputs: Set<Int>

    func keepsInput(_ index: Int) -> Bool { float32Inputs.contains(index) }

    func keepsOutput(_ index: Int) -> Bool { float32Outputs.contains(index) }

    /// The form of one of ONNX's own operators in a version of ONNX; nil where it has none.
    static func of(_ type: String, opset: Int64) -> Float16Form? {
        versions[type]?.last { $0.since <= opset }?.form
    }

    private static let versions: [String: [(since: Int64, form: Float16Form?)]] =
        table.split(separator: "\n").reduce(into: [:]) { versions, line in
            let words = line.split(separator: " ")
            guard words.count >= 2, let since = Int64(words[1]) else { return }
            let kept = words.dropFirst(2)
            let form = kept.first == "none" ? nil : Float16Form(kept)
            versions[String(words[0]), default: []].append((since, form))
        }

    /// Of words such as `in2` and `out1`.
    private init(_ kept: some Collection<Substring>) {
        func numbers(_ kind: String) -> Set<Int> {
            Set(kept.filter { $0.hasPrefix(kind) }.compactMap { Int($0.dropFirst(kind.count)) })
        }
        float32Inputs = numbers("in")
        float32Outputs = numbers("out")
    }
}
