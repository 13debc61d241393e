/// NumPy's file format for one array: a magic number, a Python dictionary, the elements.
extension Tensor {
    /// Reads a `.npy` file of version 1, 2 or 3, little endian, in C or Fortran order.
    ///
    /// - Parameter limit: The most bytes to read.
    /// - Throws: `inputOutput`, `limit`, `badData` where the file is malformed, or `unsupported`
    ///   where its elements are none that a tensor holds.
    package init(npy path: FilePath, limit: Int = 1 << 34) throws(IoUError) {
        do throws(IoUError) {
            try self.init(npy: path.read(limit: limit))
        } catch  where error.code != .inputOutput && error.code != .limit {
            throw IoUError(error.code, "'\(path)': \(error.message)")
        }
    }

    /// Reads the bytes of a `.npy` file.
    package init(npy file: [UInt8]) throws(IoUError) {
        let (text, start) = try NPYHeader.split(file)
        let header = try NPYHeader(parsing: text)
        let size = try Tensor.byteCount(type: header.type, shape: header.shape)
        guard file.count - start == size else {
            throw IoUError(
                .badData,
                "npy elements: expected \(size) bytes of \(header.type)\(header.shape), found "
                    + "\(file.count - start)")
        }
        let bytes = Array(file[start...])
        let isTransposed = header.isFortranOrder && header.shape.count > 1
        self.init(
            header.type, header.shape,
            isTransposed ? Tensor.rowMajor(bytes, header.shape, header.type.size) : bytes)
    }

    /// The bytes of a `.npy` file, version 1.
    ///
    /// - Throws: `unsupported` for a type that NumPy has no name for.
    package func npy() throws(IoUError) -> [UInt8] {
        try NPYHeader(type: type, isFortranOrder: false, shape: shape).bytes() + storage
    }

    /// Elements whose first side varies fastest, with the last side varying fastest.
    private static func rowMajor(_ source: [UInt8], _ shape: [Int], _ size: Int) -> [UInt8] {
        var target: [UInt8] = []
        target.reserveCapacity(source.count)
        var place = [Int](repeating: 0, count: shape.count)
        let strides = shape.indices.map { shape[..<$0].reduce(size, *) }
        while target.count < source.count {
            let start = zip(place, strides).reduce(0) { $0 + $1.0 * $1.1 }
            target += source[start..<start + size]
            advance(&place, in: shape)
        }
        return target
    }

    /// Counts like an odometer.
    private static func advance(_ place: inout [Int], in shape: [Int]) {
        for axis in shape.indices.reversed() {
            place[axis] += 1
            if place[axis] < shape[axis] { return }
            place[axis] = 0
        }
    }
}
