extension TensorLiteral {
    /// Reads a file that is one tensor. Its elements stay in the file, which must not shrink while
    /// the tensor lives.
    public init(path: String) throws(GraphError) {
        do {
            self = try ModelDecoder.decodeTensor(Blob(MappedFile(path: path)))
        } catch {
            throw GraphError(error.code, "'\(path)': \(error.message)")
        }
    }

    /// Reads the bytes of such a file.
    public init(decoding bytes: [UInt8]) throws(GraphError) {
        self = try ModelDecoder.decodeTensor(Blob(bytes))
    }
}
