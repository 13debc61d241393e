import IoURuntime

/// Reads requests, of which one may be many megabytes of numbers, on a thread of its own.
actor InferReader {
    private let thread = WorkerThread("iou.read")

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - body: JSON, and behind it the tensors that it says are binary.
    ///   - header: The value of Inference-Header-Content-Length, the length of the JSON; `nil`: all.
    func read(_ body: [UInt8], header: String?) throws(ServerError) -> InferRequest {
        let length = try InferReader.length(header, of: body.count)
        let root = try JSONObject(JSONParser.parse(body[..<length], at: "body"), at: "body")
        var blocks = BinaryBlocks(body[length...])
        var inputs: [String: Tensor] = [:]
        for input in try root.objects("inputs") {
            let name = try InferReader.name(of: input)
            let tensor = try InferReader.tensor(input, &blocks)
            guard inputs.updateValue(tensor, forKey: name) == nil else {
                throw .badRequest(
                    "\(input.place): expected a name once, found \(name.quoted) twice")
            }
        }
        try blocks.checkEnd()
        return try InferReader.request(root, inputs)
    }

    private static func request(
        _ root: JSONObject, _ inputs: [String: Tensor]
    ) throws(ServerError) -> InferRequest {
        let parameters = try root.object("parameters")
        var outputs: [String] = []
        var binary: [String: Bool] = [:]
        for output in try root.objects("outputs") {
            let name = try name(of: output)
            guard !outputs.contains(name) else {
                throw .badRequest(
                    "\(output.place): expected a name once, found \(name.quoted) twice")
            }
            outputs.append(name)
            let own = try output.object("parameters")
            binary[name] = try own.bool("binary_data")
            for unsupported in ["classification", "shared_memory_region"] {
                if let value = own[unsupported], value != .number(.integer(0)) {
                    throw .badRequest(
                        "\(own.place(of: unsupported)): expected none, found \(value.found)")
                }
            }
        }
        return InferRequest(
            id: try root.string("id"),
            work: InferWork(inputs: inputs, outputs: outputs.isEmpty ? nil : outputs),
            timeout: try parameters.count("timeout"),
            binaryOutputs: try parameters.bool("binary_data_output") ?? false, binary: binary)
    }

    private static func length(_ header: String?, of count: Int) throws(ServerError) -> Int {
        guard let header else { return count }
        guard let length = Int(header), (0...count).contains(length) else {
            throw .badRequest(
                "header Inference-Header-Content-Length: expected a whole number up to the body's "
                    + "\(count) bytes, found \(header.quoted)")
        }
        return length
    }

    private static func name(of object: JSONObject) throws(ServerError) -> String {
        guard let name = try object.string("name") else {
            throw .badRequest("\(object.place(of: "name")): expected a text, found none")
        }
        return name
    }

    private static func tensor(
        _ input: JSONObject, _ blocks: inout BinaryBlocks
    ) throws(ServerError) -> Tensor {
        guard let datatype = try input.string("datatype") else {
            throw .badRequest("\(input.place(of: "datatype")): expected a text, found none")
        }
        let type = try Datatype.type(datatype, at: input.place(of: "datatype"))
        let shape = try shape(input)
        let parameters = try input.object("parameters")
        if parameters["shared_memory_region"] != nil {
            throw .badRequest(
                "\(parameters.place(of: "shared_memory_region")): expected none, found one")
        }
        guard let size = try parameters.count("binary_data_size") else {
            let data = try input.value("data", "numbers")
            return try Tensor(data, type: type, shape: shape, at: input.place(of: "data"))
        }
        guard input["data"] == nil else {
            throw .badRequest("\(input.place): expected data or binary_data_size, found both")
        }
        let bytes = try blocks.take(size, for: input.place)
        do throws(IoUError) {
            return try Tensor(type: type, shape: shape, bytes: bytes)
        } catch {
            throw ServerError(error, at: input.place)
        }
    }

    private static func shape(_ input: JSONObject) throws(ServerError) -> [Int] {
        guard case .numbers(let sides) = try input.value("shape", "a list of whole numbers"),
            sides.count <= Tensor.maximumRank
        else {
            throw .badRequest(
                "\(input.place(of: "shape")): expected a list of at most \(Tensor.maximumRank) "
                    + "whole numbers")
        }
        var shape: [Int] = []
        for side in sides {
            guard let side = side.whole(as: Int.self), side >= 0 else {
                throw .badRequest(
                    "\(input.place(of: "shape")): expected sides of 0 or more, found \(side)")
            }
            shape.append(side)
        }
        return shape
    }
}

/// The bytes behind the JSON, which belong to inputs in their order.
private struct BinaryBlocks {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    mutating func take(_ size: Int, for place: String) throws(ServerError) -> [UInt8] {
        guard size <= rest.count else {
            throw .badRequest(
                "\(place): expected \(size) bytes behind the JSON, found \(rest.count)")
        }
        defer { rest = rest.dropFirst(size) }
        return Array(rest.prefix(size))
    }

    func checkEnd() throws(ServerError) {
        guard rest.isEmpty else {
            throw .badRequest(
                "body: expected its end behind the inputs' bytes, found \(rest.count) more")
        }
    }
}
