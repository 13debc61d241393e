import IoURuntime

/// The library's version, which is the server's.
public let serverVersion = iouVersion
