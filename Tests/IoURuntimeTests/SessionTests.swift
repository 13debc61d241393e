import IoURuntime
import IoUTestSupport
import Testing

struct SessionTests {
    @Test func describesTheModel() throws {
        var tiny = TinyONNX.unary("Relu", shape: [-1, 3])
        tiny.metadata = [("key", "value")]
        let model = try Model(bytes: tiny.bytes)
        let input = try #require(model.inputs.first)
        #expect(input.name == "x")
        #expect(input.type == .float32)
        #expect(input.shape == [.symbol("D0"), .fixed(3)])
        #expect(input.shapeDescription == "D0x3")
        #expect(model.outputs.map(\.name) == ["y"])
        #expect(model.metadataKeys == ["key"])
        #expect(model.metadata("key") == "value")
        #expect(model.metadata("other") == nil)
    }

    @Test func runsAndReturnsTensorsByName() throws {
        var session = try Session(Model(bytes: TinyONNX.unary("Relu").bytes))
        let input = try Tensor([Float(-1), 2, -3, 4, -5, 6], shape: [2, 3])
        let results = try session.run(["x": input])
        #expect(try results["y"]?.values(as: Float.self) == [0, 2, 0, 4, 0, 6])
        #expect(results["y"]?.shape == [2, 3])
    }

    @Test func takesAnInputThatHasADefault() throws {
        var tiny = TinyONNX.unary("Add", shape: [-1, 3])
        tiny.nodes[0].inputs = ["x", "w"]
        tiny.inputs.append(TinyONNX.Value(name: "w", shape: [-1]))
        tiny.weights = [TinyONNX.Weight(name: "w", shape: [3], values: [1, 2, 3])]
        let model = try Model(bytes: tiny.bytes)
        #expect(model.inputs.map(\.name) == ["x"])
        #expect(model.defaultedInputs.map(\.name) == ["w"])
        #expect(model.defaultedInputs.first?.shape == [.symbol("D0")])
        var session = try Session(model)
        let x = try Tensor([Float](repeating: 0, count: 3), shape: [1, 3])
        let runs: [(given: Float?, sums: [Float])] = [
            (nil, [1, 2, 3]), (7, [7, 7, 7]), (nil, [1, 2, 3]),
        ]
        for (given, sums) in runs {
            var inputs = ["x": x]
            if let given { inputs["w"] = try Tensor([given], shape: [1]) }
            #expect(try session.run(inputs)["y"]?.values(as: Float.self) == sums)
        }
        try session.prepare(shapes: ["x": [3, 3], "w": [3]])
        #expect(try session.plannedOutputs.first?.shape == [.fixed(3), .fixed(3)])
    }

    @Test func givesAnOutputThatIsListedTwice() throws {
        var tiny = TinyONNX.unary("Relu")
        tiny.outputs += tiny.outputs
        var session = try Session(Model(bytes: tiny.bytes))
        #expect(session.model.outputs.map(\.name) == ["y", "y"])
        let input = try Tensor([Float](repeating: 1, count: 6), shape: [2, 3])
        #expect(try session.run(["x": input]) == ["y": input])
        #expect(try session.run(["x": input], outputs: ["y"]) == ["y": input])
    }

    @Test func runsOtherShapesNext() throws {
        var session = try Session(Model(bytes: TinyONNX.unary("Relu", shape: [-1, 2]).bytes))
        for rows in [1, 3, 2, 1] {
            let input = try Tensor([Float](repeating: -1, count: rows * 2), shape: [rows, 2])
            #expect(try session.run(["x": input])["y"]?.shape == [rows, 2])
        }
    }

    @Test func profilesItsSteps() throws {
        let model = try Model(bytes: TinyONNX.unary("Relu").bytes)
        var session = try Session(model, options: SessionOptions(threads: 1, profiles: true))
        #expect(session.threads == 1)
        try session.execute(["x": Tensor([Float](repeating: 1, count: 6), shape: [2, 3])])
        let profile = try session.profile
        #expect(profile.map(\.type) == ["Relu"])
        #expect(profile.allSatisfy { $0.milliseconds >= 0 })
    }

    @Test func refusesMissingAndUnknownNames() throws {
        var session = try Session(Model(bytes: TinyONNX.unary("Relu").bytes))
        let tensor = try Tensor([Float](repeating: 1, count: 6), shape: [2, 3])
        expect(.invalidArgument, "input 'x': expected a tensor, found none") { () throws in
            _ = try session.run([:])
        }
        expect(.invalidArgument, "input 'z': the model has no such input, expected one of 'x'") {
            _ = try session.run(["x": tensor, "z": tensor])
        }
        expect(.invalidArgument, "output 'z': the model has no such output, expected one of 'y'") {
            _ = try session.run(["x": tensor], outputs: ["z"])
        }
    }

    @Test func refusesWrongTypesAndShapes() throws {
        var session = try Session(Model(bytes: TinyONNX.unary("Relu").bytes))
        let wrongType = try Tensor([Int64](repeating: 1, count: 6), shape: [2, 3])
        let wrongShape = try Tensor([Float](repeating: 1, count: 6), shape: [3, 2])
        let wrongRank = try Tensor([Float](repeating: 1, count: 6), shape: [6])
        for tensor in [wrongType, wrongShape, wrongRank] {
            let error = #expect(throws: IoUError.self) { _ = try session.run(["x": tensor]) }
            #expect(error?.code == .invalidArgument, "\(error?.message ?? "")")
            #expect(error?.message.contains("x") == true)
        }
    }

    @Test func stopsWhenCancelledOrLate() throws {
        var session = try Session(Model(bytes: TinyONNX.unary("Relu").bytes))
        let input = try Tensor([Float](repeating: 1, count: 6), shape: [2, 3])
        let cancellation = Cancellation()
        cancellation.cancel()
        let cancelled = #expect(throws: IoUError.self) {
            _ = try session.run(["x": input], options: RunOptions(cancellation: cancellation))
        }
        #expect(cancelled?.code == .cancelled)
        let late = #expect(throws: IoUError.self) {
            _ = try session.run(["x": input], options: RunOptions(timeout: .seconds(-1)))
        }
        #expect(late?.code == .deadline)
        #expect(try session.run(["x": input])["y"] == input)
    }

    @Test func sessionsOfOneModelRunInManyThreads() async throws {
        let model = try Model(bytes: TinyONNX.unary("Relu").bytes)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    var session = try Session(model, options: SessionOptions(threads: 1))
                    let input = try Tensor(
                        [Float](repeating: Float(number), count: 6),
                        shape: [2, 3])
                    for _ in 0..<50 { #expect(try session.run(["x": input])["y"] == input) }
                }
            }
            try await group.waitForAll()
        }
    }

    private func expect(_ code: IoUError.Code, _ message: String, _ work: () throws -> Void) {
        let error = #expect(throws: IoUError.self) { try work() }
        #expect(error == IoUError(code, message))
    }
}
