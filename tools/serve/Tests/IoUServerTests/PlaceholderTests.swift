import Testing
@testable import IoUServer
@Test func version() { #expect(!serverVersion.isEmpty) }
