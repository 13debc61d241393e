import FoundationEssentials
import IoURuntime

/// How far a float may be from the expected one: `absolute + relative * |expected|`.
struct Tolerance {
    /// Those of ONNX's own runner.
    var relative = 1e-3
    var absolute = 1e-7

    func allows(_ found: Double, for expected: Double) -> Bool {
        if found == expected || (found.isNaN && expected.isNaN) { return true }
        guard found.isFinite, expected.isFinite else { return false }
        return abs(found - expected) <= absolute + relative * abs(expected)
    }
}

extension Tolerance {
    /// That of a type: at least two units in the last place of bfloat16.
    func of(_ type: ElementType) -> Tolerance {
        var tolerance = self
        if type == .bfloat16 { tolerance.relative = max(relative, 0x1p-6) }
        return tolerance
    }

    /// What a case's data.json says, if there is one.
    ///
    /// - Throws: `badData` where it says no numbers of 0 or more.
    init(of folder: FilePath) throws(IoUError) {
        let file = folder.appending("data.json")
        guard file.status != nil else { return }
        let text = try file.read(limit: 1 << 20)
        guard let stated = try? JSONDecoder().decode(Stated.self, from: Data(text)),
            [stated.rtol, stated.atol].allSatisfy({ $0 ?? 0 >= 0 })
        else {
            throw IoUError(
                .badData, "'\(file)': expected rtol and atol as numbers of 0 or more, found others")
        }
        relative = stated.rtol ?? relative
        absolute = stated.atol ?? absolute
    }

    private struct Stated: Decodable {
        let rtol: Double?
        let atol: Double?
    }
}
