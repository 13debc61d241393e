import IoUConsole
import IoURuntime

/// What became of a case.
struct ConformanceResult: Encodable {
    enum Verdict: String, Encodable { case pass, fail, unsupported }

    let folder: String
    let verdict: Verdict

    /// What was expected, and what was found; nil of a case that passes.
    let why: String?

    /// The operators of the model, branches and functions included, each once, sorted.
    let operators: [String]

    /// The largest distance of an element from the expected one, in units in the last place, as far
    /// as elements could be compared; nil without elements of a float type.
    let ulp: UInt64?

    enum CodingKeys: String, CodingKey { case folder, result, why, operators, ulp }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(folder, forKey: .folder)
        try values.encode(verdict, forKey: .result)
        try values.encode(why, forKey: .why)
        try values.encode(operators, forKey: .operators)
        try values.encode(ulp, forKey: .ulp)
    }

    /// For people.
    var line: String {
        "\(folder): \(verdict.rawValue)\(why.map { ": \($0)" } ?? "")".shortened(to: 8500).oneLine
    }
}

/// What became of all cases.
struct ConformanceReport: Encodable {
    /// Nil: the processors that the process may use.
    let threads: Int?
    let isOptimized: Bool
    var cases: [ConformanceResult] = []

    var passed: Int { count(.pass) }
    var failed: Int { count(.fail) }
    var unsupported: Int { count(.unsupported) }

    var totals: String { "\(passed) passed, \(failed) failed, \(unsupported) unsupported" }

    private func count(_ verdict: ConformanceResult.Verdict) -> Int {
        cases.count { $0.verdict == verdict }
    }

    enum CodingKeys: String, CodingKey {
        case threads, optimized, cases, passed, failed, unsupported
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(threads, forKey: .threads)
        try values.encode(isOptimized, forKey: .optimized)
        try values.encode(passed, forKey: .passed)
        try values.encode(failed, forKey: .failed)
        try values.encode(unsupported, forKey: .unsupported)
        try values.encode(cases, forKey: .cases)
    }
}
