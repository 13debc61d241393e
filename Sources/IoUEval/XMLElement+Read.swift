internal import CExpat
internal import IoURuntime

extension XMLElement {
    /// Reads the root element of a file of at most 64 MiB, in any encoding that iconv knows, without
    /// definitions of entities.
    ///
    /// - Throws: `badData` where the file is not valid.
    static func read(_ file: FilePath) throws(IoUError) -> XMLElement {
        let bytes = try file.read(limit: 1 << 26)
        return try parse(bytes, encoding: ByteOrderMark(bytes)?.encoding, file)
    }

    /// - Parameter encoding: Instead of the one that the file names.
    private static func parse(
        _ bytes: [UInt8], encoding: String?, _ file: FilePath
    ) throws(IoUError) -> XMLElement {
        guard let parser = XML_ParserCreate(encoding) else {
            throw IoUError(.outOfMemory, "'\(file)': no memory for its XML")
        }
        defer { XML_ParserFree(parser) }
        let tree = XMLTree(parser)
        let status = withExtendedLifetime(tree) {
            tree.listen()
            return bytes.withUnsafeBytes { buffer in
                XML_Parse(parser, buffer.baseAddress, Int32(buffer.count), 1)
            }
        }
        if status == XML_STATUS_OK, let root = tree.root { return root }
        let code = XML_GetErrorCode(parser)
        if encoding == nil, let declared = tree.declared {
            if tree.isUnknown {
                let text = try converted(bytes, from: declared, file)
                return try parse(text, encoding: "UTF-8", file)
            }
            // Programs that write a string of UTF-16 as UTF-8 leave its declaration as it was.
            if code == XML_ERROR_INCORRECT_ENCODING {
                return try parse(bytes, encoding: "UTF-8", file)
            }
        }
        var reason = tree.refusal ?? String(cString: XML_ErrorString(code))
        if code == XML_ERROR_INVALID_TOKEN, ["utf-8", nil].contains(tree.declared?.lowercased()),
            String(validating: bytes, as: UTF8.self) == nil
        {
            reason += "; its bytes are not UTF-8, and its declaration names no other encoding"
        }
        let line = XML_GetCurrentLineNumber(parser)
        throw IoUError(.badData, "'\(file)': expected valid XML, found in line \(line): \(reason)")
    }

    private static func converted(
        _ bytes: [UInt8], from encoding: String, _ file: FilePath
    ) throws(IoUError) -> [UInt8] {
        guard let converter = TextConverter(from: encoding) else {
            throw IoUError(
                .badData,
                "'\(file)': expected an encoding that iconv knows in its declaration, found "
                    + "'\(encoding)'")
        }
        do throws(TextConverter.InvalidBytes) {
            return try converter.utf8(bytes)
        } catch {
            let line = bytes[..<error.position].count { $0 == 0x0A } + 1
            throw IoUError(
                .badData,
                "'\(file)': expected text in '\(encoding)', as it says, found other bytes in line "
                    + "\(line), byte \(error.position)")
        }
    }
}
