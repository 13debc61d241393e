/// What is before the elements of a `.npy` file.
struct NPYHeader {
    var type: ElementType
    var isFortranOrder: Bool
    var shape: [Int]
}

extension NPYHeader {
    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

    /// NumPy itself refuses larger ones.
    private static let maximumLength = 10_000

    private static let codes: [(code: String, type: ElementType)] = [
        ("f4", .float32), ("u1", .uint8), ("i1", .int8), ("u2", .uint16), ("i2", .int16),
        ("i4", .int32), ("i8", .int64), ("b1", .bool), ("f2", .float16), ("f8", .float64),
        ("u4", .uint32), ("u8", .uint64),
    ]

    /// The header's text, and where the elements begin.
    static func split(_ file: [UInt8]) throws(IoUError) -> (text: String, start: Int) {
        guard file.starts(with: magic), file.count >= 10 else {
            throw IoUError(.badData, "npy: expected the magic number of a .npy file, found none")
        }
        guard (1...3).contains(file[6]) else {
            throw IoUError(.unsupported, "npy version: expected 1, 2 or 3, found \(file[6])")
        }
        let width = file[6] == 1 ? 2 : 4
        let length = file[8...].prefix(width).reversed().reduce(0) { $0 << 8 | Int($1) }
        let start = 8 + width + length
        guard length <= maximumLength, file.count >= start else {
            throw IoUError(
                .badData,
                "npy header: expected at most \(min(maximumLength, file.count)) bytes, found "
                    + "\(length)")
        }
        return (String(decoding: file[(8 + width)..<start], as: UTF8.self), start)
    }

    init(parsing text: String) throws(IoUError) {
        var scanner = NPYScanner(text)
        let fields = try scanner.dictionary()
        guard case .text(let descr)? = fields["descr"] else {
            throw IoUError(
                .unsupported, "npy descr: expected one type such as '<f4', found another")
        }
        guard case .truth(let order)? = fields["fortran_order"] else {
            throw IoUError(.badData, "npy fortran_order: expected True or False, found another")
        }
        guard case .numbers(let sides)? = fields["shape"] else {
            throw IoUError(.badData, "npy shape: expected a tuple of integers, found another")
        }
        try self.init(type: NPYHeader.type(of: descr), isFortranOrder: order, shape: sides)
    }

    private static func type(of descr: String) throws(IoUError) -> ElementType {
        let code = String(descr.drop { "<|=".contains($0) })
        guard let known = codes.first(where: { $0.code == code }) else {
            let expected = codes.map(\.code).joined(separator: ", ")
            throw IoUError(
                .unsupported,
                "npy descr: expected a little-endian type of \(expected), found '\(descr)'")
        }
        return known.type
    }

    /// Version 1, padded so that the elements begin at a multiple of 64 bytes.
    ///
    /// - Throws: `unsupported` for a type that NumPy has no name for.
    func bytes() throws(IoUError) -> [UInt8] {
        guard let code = NPYHeader.codes.first(where: { $0.type == type })?.code else {
            throw IoUError(.unsupported, "npy: expected a type that NumPy has, found \(type)")
        }
        let order = type.size == 1 ? "|" : "<"
        let sides = shape.map { "\($0)," }.joined(separator: " ")
        let tuple = shape.count > 1 ? String(sides.dropLast()) : sides
        let fortran = isFortranOrder ? "True" : "False"
        var text = "{'descr': '\(order)\(code)', 'fortran_order': \(fortran), "
        text += "'shape': (\(tuple)), }"
        while (10 + text.utf8.count + 1) % 64 != 0 { text += " " }
        text += "\n"
        let count = text.utf8.count
        return NPYHeader.magic + [1, 0, UInt8(count & 255), UInt8(count >> 8)] + Array(text.utf8)
    }
}
