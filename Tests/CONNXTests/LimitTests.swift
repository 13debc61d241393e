import CONNX
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct LimitTests {
    @Test func twentyNestedSubgraphsAreNotTooDeep() {
        #expect(decode(nestedSubgraphs(20)).status == CONNX_OK)
    }

    @Test(arguments: [21, 60, 3000]) func nestedSubgraphsAreTooDeep(_ levels: Int) {
        let decoded = decode(nestedSubgraphs(levels))
        #expect(decoded.status == CONNX_LIMIT)
        #expect(decoded.text.contains("too deep"), "\(decoded.text)")
    }

    @Test func nestedTypesAreTooDeep() {
        var type: Bytes = []
        for _ in 0..<5000 { type = field(4, field(1, type)) }
        let decoded = decode(graph(field(Number.Graph.input, field(2, type))))
        #expect(decoded.status == CONNX_LIMIT)
        #expect(decoded.text.contains("too deep"), "\(decoded.text)")
    }

    @Test func theDepthLimitCountsTheModel() {
        let bytes = graph(node([]))
        #expect(decode(bytes, limits: connx_limits(depth: 3)).status == CONNX_OK)
        #expect(decode(bytes, limits: connx_limits(depth: 2)).status == CONNX_LIMIT)
    }

    @Test func aHugeDepthLimitIsLowered() {
        let limits = connx_limits(depth: .max)
        #expect(decode(nestedSubgraphs(3000), limits: limits).status == CONNX_LIMIT)
        #expect(decode(nestedSubgraphs(60), limits: limits).status == CONNX_OK)
    }

    @Test func duplicatedGraphsAreRefusedAtOnce() {
        let bytes = repeated(graph(node([])), 20_000)
        let time = ContinuousClock().measure {
            #expect(decode(bytes).status == CONNX_MALFORMED)
        }
        #expect(time < .seconds(1))
    }

    @Test func tooManyNodes() {
        let decoded = decode(graph(repeated(node([]), 2_000_000)))
        #expect(decoded.status == CONNX_LIMIT)
        #expect(decoded.text.contains("too many nodes: the limit is 1000000"), "\(decoded.text)")
    }

    @Test func nodesOfAllGraphsAndFunctionsCount() {
        let function = field(25, field(7, Bytes()) + field(7, Bytes()))
        let bytes = graph(node([])) + function
        #expect(decode(bytes, limits: connx_limits(nodes: 3)).status == CONNX_OK)
        #expect(decode(bytes, limits: connx_limits(nodes: 2)).status == CONNX_LIMIT)
    }

    /// Few bytes in the file, many in memory.
    @Test func amplificationIsRefused() {
        let million = 1_000_000
        let cases: [(String, Bytes)] = [
            ("tensors", graph(repeated(initializer([]), million))),
            ("strings", graph(node(repeated(field(1, Bytes()), million)))),
            ("packed", graph(initializer(field(1, repeated([1], 8 * million))))),
            ("unknown fields", field(1, 1) + repeated(field(99, 1), million)),
            ("the same number", repeated(field(1, 1), million)),
            ("a large unknown field", field(1, 1) + field(99, repeated([0], 40 * million))),
        ]
        for (name, bytes) in cases {
            let decoded = decode(bytes, limits: connx_limits(bytes: 30 * million))
            #expect(decoded.status == CONNX_LIMIT, "\(name)")
            #expect(decoded.text.contains("too large"), "\(name): \(decoded.text)")
        }
    }

    @Test func rawDataDoesNotCountAsDecoded() {
        let bytes = graph(initializer(field(Number.Tensor.raw, repeated([7], 1 << 20))))
        let decoded = decode(bytes, limits: connx_limits(bytes: 4096))
        #expect(decoded.status == CONNX_OK, "\(decoded.text)")
    }

    /// The file is mapped without being touched beyond its head: raw_data is not read.
    @Test func filesOver4GiB() throws {
        let size = 5 << 30
        let tensor = tag(Number.Tensor.raw, 2) + varint(UInt64(size))
        let inGraph = tag(5, 2) + varint(UInt64(tensor.count + size)) + tensor
        let head = tag(7, 2) + varint(UInt64(inGraph.count + size)) + inGraph
        let flags = MAP_PRIVATE | MAP_ANON | Int32(MAP_NORESERVE)
        let pages = mmap(nil, head.count + size, PROT_READ | PROT_WRITE, flags, -1, 0)
        try #require(pages != MAP_FAILED)
        defer { munmap(pages, head.count + size) }
        pages!.copyMemory(from: head, byteCount: head.count)
        let file = UnsafeBufferPointer(
            start: pages!.assumingMemoryBound(to: UInt8.self), count: head.count + size)
        let decoded = decode(file) { model, bytes in
            let raw = model.graph.pointee.initializer[0]!.pointee.raw_data
            #expect(raw.len == size)
            #expect(UnsafePointer(raw.data) == bytes.baseAddress! + head.count)
        }
        #expect(decoded.status == CONNX_OK, "\(decoded.text)")
    }
}
