import Foundation
import IoURuntime
import IoUTestSupport
import Testing

struct FilePathTests {
    @Test(arguments: [
        ("a/b.png", "b.png", "a", "b", "png"),
        ("b.PNG", "b.PNG", ".", "b", "png"),
        ("/b", "b", "/", "b", ""),
        ("/a/b.tar.gz", "b.tar.gz", "/a", "b.tar", "gz"),
        ("a/.hidden", ".hidden", "a", ".hidden", ""),
        ("a/b/", "b", "a", "b", ""),
    ])
    func fallsIntoParts(
        _ path: String, _ last: String, _ parent: String, _ stem: String, _ ending: String
    ) {
        let path = FilePath(path)
        #expect(path.lastComponent.description == last)
        #expect(path.parent.description == parent)
        #expect(path.stem.description == stem)
        #expect(path.fileExtension == ending)
    }

    @Test func joinsWithOneSlash() {
        #expect(FilePath("a/").appending("b") == FilePath("a/b"))
        #expect(FilePath("a").appending("b") == FilePath("a/b"))
    }

    @Test func keepsBytesThatAreNoText() {
        let path = FilePath(bytes: [0x61, 0xFF, 0x62])
        #expect(path.bytes == [0x61, 0xFF, 0x62])
        #expect(path.description == "a\u{FFFD}b")
    }

    @Test func writesWholeFilesOverOldOnes() throws {
        let folder = try TemporaryFolder()
        let path = FilePath(folder.path("file"))
        try path.write([1, 2, 3])
        try path.write([4])
        #expect(try path.read(limit: 10) == [4])
        #expect(try FilePath(folder.path).visibleNames() == [FilePath("file")])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["file"])
    }

    @Test func replacesTheTargetOfALink() throws {
        let folder = try TemporaryFolder()
        try FilePath(folder.path("file")).write([1])
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link"), withDestinationPath: "file")
        try FilePath(folder.path("link")).write([2])
        #expect(try FilePath(folder.path("file")).read(limit: 10) == [2])
    }

    @Test func saysWhyAFileCannotBeWritten() throws {
        let folder = try TemporaryFolder()
        let missing = FilePath(folder.path("none/file"))
        let error = #expect(throws: IoUError.self) { try missing.write([1]) }
        #expect(error?.message == "'\(missing)': no such file or directory")
        #expect(throws: IoUError.self) { try FilePath(folder.path).write([1]) }
    }

    @Test func readsNoMoreThanTheLimit() throws {
        let folder = try TemporaryFolder()
        let path = FilePath(folder.path("file"))
        try path.write([1, 2, 3])
        let error = #expect(throws: IoUError.self) { try path.read(limit: 2) }
        #expect(error?.code == .limit)
    }

    @Test func makesFoldersAboveToo() throws {
        let folder = try TemporaryFolder()
        let deep = FilePath(folder.path("a/b/c/"))
        try deep.makeFolder()
        try deep.makeFolder()
        #expect(deep.status?.kind == .folder)
    }
}
