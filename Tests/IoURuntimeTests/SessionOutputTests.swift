import IoURuntime
import IoUTestSupport
import Testing

struct SessionOutputTests {
    private let input: Tensor

    init() throws {
        input = try Tensor([Float(-1), 2, -3, 4, -5, 6], shape: [2, 3])
    }

    @Test func showsAnOutputWhereItStands() throws {
        var session = try Session(Model(bytes: TinyONNX.unary("Relu").bytes))
        try session.execute(["x": input])
        let view = try session.output("y")
        #expect(view.type == .float32)
        #expect(view.shape == [2, 3])
        let count = view.count
        #expect(count == 6)
        let elements = try view.elements(as: Float.self)
        let numbers = elements.indices.map { elements[$0] }
        #expect(numbers == [0, 2, 0, 4, 0, 6])
        let copy = Tensor(copying: view)
        #expect(try copy.values(as: Float.self) == numbers)
        let error = #expect(throws: IoUError.self) {
            _ = try session.output("y").elements(as: Int8.self).count
        }
        #expect(error?.message == "tensor: expected int8, found float32")
    }

    @Test func takesAnInputThatIsFilledAgain() throws {
        var session = try Session(Model(bytes: TinyONNX.unary("Relu").bytes))
        var input = input
        for number in 1...3 {
            var elements = try input.mutableElements(as: Float.self)
            elements[0] = Float(number)
            try session.execute(["x": input])
            let first = try session.output("y").elements(as: Float.self)[0]
            #expect(first == Float(number))
        }
    }

    @Test func hasNoOutputBeforeARunOrAfterOneThatFailed() throws {
        var session = try Session(Model(bytes: TinyONNX.unary("Relu").bytes))
        expect("output of a run 'y': there is none") { _ = try session.output("y").count }
        try session.execute(["x": input])
        expect("output of a run 'z': expected one of 'y'") { _ = try session.output("z").count }
        #expect(throws: IoUError.self) { try session.execute([:]) }
        expect("output of a run 'y': there is none") { _ = try session.output("y").count }
    }

    @Test func plansBeforeTheFirstRun() throws {
        var session = try Session(Model(bytes: TinyONNX.unary("Relu").bytes))
        #expect(throws: IoUError.self) { _ = try session.plannedOutputs }
        try session.prepare(shapes: ["x": [2, 3]])
        #expect(try session.plannedOutputs.map(\.shape) == [[.fixed(2), .fixed(3)]])
        #expect(try session.profile.map(\.type) == ["Relu"])
        #expect(session.memory.intermediateBytes >= 0)
        let deep = Array(repeating: 1, count: 9)
        expect("input 'x': expected a rank of at most 8, found 9") {
            try session.prepare(shapes: ["x": deep])
        }
    }

    private func expect(_ message: String, _ work: () throws -> Void) {
        let error = #expect(throws: IoUError.self) { try work() }
        #expect(error == IoUError(.invalidArgument, message))
    }
}
